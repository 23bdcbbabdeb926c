#pragma once

#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace watchrig::base {

namespace asio = boost::asio;

/// Starts a coroutine. An exception that leaves it is a programming error: logged under `name` and counted,
/// and the process goes on. Every coroutine is started by this, never with plain `detached`.
void spawn(asio::any_io_executor executor, asio::awaitable<void> coroutine, std::string name);

/// How many spawned coroutines have ended with an exception since the process started.
std::uint64_t failed_coroutines();

}  // namespace watchrig::base
