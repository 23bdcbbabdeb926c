#pragma once

#include <functional>

#include <boost/asio/any_io_executor.hpp>

#include "system/base/clock.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::app {

/// Calls `restart` whenever the settings `restart` say so, on the executor until that ends; its error is
/// tried again at the next time. One that is missed by more than a few minutes, because the clock was set, is
/// left out. Clock and settings outlive it.
void keep_restarting(boost::asio::any_io_executor executor, const base::Clock& clock,
                     const central::Settings& settings, std::function<void()> restart);

}  // namespace watchrig::app
