#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include "system/base/result.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::devices {

/// Asks that many of them at a time, so that neither one nor a thousand that are away hold up the others.
inline constexpr std::size_t most_asked_at_once = 16;

namespace detail {

/// Everything that the coroutines of one call share.
template <class Item, class Value>
struct Round {
  std::vector<Item> items;
  std::function<boost::asio::awaitable<base::Result<Value>>(Item)> ask;
  std::vector<base::Result<Value>> results;
  std::size_t next = 0;
  std::size_t running = 0;
  base::Timer done;
};

/// Counts a coroutine as ended, however it ends.
template <class Item, class Value>
struct Leaving {
  Round<Item, Value>& round;
  ~Leaving() {
    if (--round.running == 0) round.done.cancel();
  }
};

template <class Item, class Value>
boost::asio::awaitable<void> work(std::shared_ptr<Round<Item, Value>> round) {
  const Leaving<Item, Value> leaving{*round};
  while (round->next < round->items.size()) {
    const auto number = round->next++;
    auto result = co_await round->ask(round->items[number]);
    round->results[number] = std::move(result);
  }
}

}  // namespace detail

/// A result for each item, of a question that has a deadline of its own. On a single-threaded executor; `ask`
/// and what it refers to outlive the call. The clock is for waiting.
template <class Item, class Value>
boost::asio::awaitable<std::vector<base::Result<Value>>> ask_many(
    const base::Clock& clock, std::vector<Item> items,
    std::function<boost::asio::awaitable<base::Result<Value>>(Item)> ask) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const std::vector<base::Result<Value>> unknown(items.size(), Value{});
  const auto running = std::min(items.size(), most_asked_at_once);
  auto round = std::make_shared<detail::Round<Item, Value>>(detail::Round<Item, Value>{
      std::move(items), std::move(ask), unknown, 0, running, base::Timer(executor, clock)});
  for (std::size_t i = running; i > 0; --i)
    base::spawn(executor, detail::work(round), "questions to devices");
  // Each question has its deadline, so there is an end.
  while (round->running > 0) co_await round->done.wait_for(std::chrono::hours(24));
  co_return std::move(round->results);
}

}  // namespace watchrig::devices
