#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "system/api/work_pool.hpp"
#include "system/central/event_log.hpp"
#include "system/platform/host_network/host_network.hpp"

namespace watchrig::app {

/// Asks again for addresses that came by DHCP before they end, once a minute of the clock as far as one is
/// due. Runs on the executor until that ends, works on the pool; everything outlives both.
void keep_leases(boost::asio::any_io_executor executor, const base::Clock& clock,
                 platform::HostNetwork& network, api::WorkPool& workers, central::EventLog& events);

}  // namespace watchrig::app
