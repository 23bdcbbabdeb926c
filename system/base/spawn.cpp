#include "system/base/spawn.hpp"

#include <atomic>
#include <exception>

#include <boost/asio/co_spawn.hpp>

#include "system/base/log.hpp"

namespace watchrig::base {
namespace {

std::atomic<std::uint64_t> failures{0};

}  // namespace

void spawn(asio::any_io_executor executor, asio::awaitable<void> coroutine, std::string name) {
  asio::co_spawn(executor, std::move(coroutine), [name = std::move(name)](std::exception_ptr error) {
    if (!error) return;
    ++failures;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      log_error("{}: ended by an exception: {}", name, e.what());
    } catch (...) {
      log_error("{}: ended by an unknown exception", name);
    }
  });
}

std::uint64_t failed_coroutines() { return failures; }

}  // namespace watchrig::base
