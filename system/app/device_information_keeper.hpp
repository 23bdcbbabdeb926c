#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "system/base/clock.hpp"
#include "system/central/central.hpp"

namespace watchrig::app {

/// Asks each device what it is once it is online for the first time, on the executor until that ends. Clock
/// and stores outlive it.
void keep_device_information(boost::asio::any_io_executor executor, const base::Clock& clock,
                             central::Central& central);

}  // namespace watchrig::app
