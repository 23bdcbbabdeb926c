#include "system/api/named_turns.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace watchrig::api {

namespace asio = boost::asio;

asio::awaitable<std::optional<NamedTurns::Turn>> NamedTurns::take(std::string name) {
  auto executor = co_await asio::this_coro::executor;
  const auto waiting = std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  const auto entry = enter(name, waiting);
  if (entry == Entry::refused) co_return std::nullopt;
  if (entry == Entry::waits) {
    boost::system::error_code cancelled;
    co_await waiting->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  std::optional<Turn> turn;
  turn.emplace(shared_from_this(), std::move(name));
  co_return turn;
}

NamedTurns::Entry NamedTurns::enter(const std::string& name, const Waiting& waiting) {
  const std::lock_guard lock(mutex_);
  const auto [it, is_free] = taken_.try_emplace(name);
  if (is_free) return Entry::free;
  if (it->second.size() >= most_waiting) return Entry::refused;
  it->second.push_back(waiting);
  return Entry::waits;
}

void NamedTurns::leave(const std::string& name) {
  Waiting next;
  {
    const std::lock_guard lock(mutex_);
    const auto it = taken_.find(name);
    if (it->second.empty()) {
      taken_.erase(it);
      return;
    }
    next = std::move(it->second.front());
    it->second.pop_front();
  }
  // On its executor, where it waits by then.
  asio::post(next->get_executor(), [next] { next->cancel(); });
}

}  // namespace watchrig::api
