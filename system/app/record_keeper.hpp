#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "system/central/central.hpp"
#include "system/central/storage_orders.hpp"

namespace watchrig::app {

/// Has storage record what is to be recorded as time goes on: by schedules, after events and by hand, within
/// the limits and on the disk groups that are set; on the executor until that ends. All outlive it.
void keep_recording(boost::asio::any_io_executor executor, const base::Clock& clock,
                    central::Central& central, central::StorageOrders& orders);

}  // namespace watchrig::app
