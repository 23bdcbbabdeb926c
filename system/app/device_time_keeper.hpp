#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "system/base/clock.hpp"
#include "system/central/central.hpp"

namespace watchrig::app {

/// Corrects the clocks of all devices that can be asked, as often as the settings `device_time` say
/// (IVSS 8.8.2), on the executor until that ends. Clock and stores outlive it.
void keep_device_time(boost::asio::any_io_executor executor, const base::Clock& clock,
                      central::Central& central);

}  // namespace watchrig::app
