#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "system/base/clock.hpp"
#include "system/base/metrics.hpp"
#include "system/central/central.hpp"

namespace watchrig::app {

/// Follows the events of all devices that tell of them, puts them into the event log and counts the rest
/// (`vmsd_device_notices_total`), on the executor until that ends. What it is given outlives it.
void keep_device_events(boost::asio::any_io_executor executor, const base::Clock& clock,
                        base::Metrics& metrics, central::Central& central);

}  // namespace watchrig::app
