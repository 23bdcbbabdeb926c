#include "system/api/work_pool.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace watchrig::api {

namespace asio = boost::asio;
using http::Response;

asio::awaitable<Response> WorkPool::run_under(std::string correlation, std::string lane, Work work) {
  const auto place = std::make_shared<Place>();
  place->home = co_await asio::this_coro::executor;
  co_await wait_for_turn(std::move(lane), place);
  if (place->refused) co_return refusal();
  Response response;
  std::exception_ptr failure;
  try {
    const base::CorrelationScope scope(correlation);
    response = work();
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    --taken_;
  }
  co_await asio::post(place->home, asio::bind_executor(place->home, asio::use_awaitable));
  if (failure) std::rethrow_exception(failure);
  co_return response;
}

asio::awaitable<void> WorkPool::wait_for_turn(std::string lane, PlacePtr place) {
  const auto begin = [this, &lane, &place](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    place->go_on = [shared] { std::move (*shared)(); };
    enter(lane, place);
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(begin, asio::use_awaitable);
}

void WorkPool::enter(const std::string& lane, PlacePtr place) {
  PlacePtr refused;
  {
    const std::lock_guard lock(mutex_);
    if (taken_ >= most_) refused = make_room(lane);
    if (!refused && taken_ >= most_) refused = place;
    if (refused) refused->refused = true;
    if (refused != place) {
      auto& waiting = lanes_[lane];
      if (waiting.empty()) turns_.push_back(lane);
      waiting.push_back(std::move(place));
      ++taken_;
    }
  }
  if (refused) asio::post(refused->home, std::move(refused->go_on));
  // One more than needed after a refusal, which finds nothing to do.
  asio::post(pool_, [this] { serve_next(); });
}

WorkPool::PlacePtr WorkPool::make_room(const std::string& lane) {
  const auto longest =
      std::ranges::max_element(lanes_, {}, [](const auto& entry) { return entry.second.size(); });
  const auto own = lanes_.find(lane);
  const std::size_t of_own = own == lanes_.end() ? 0 : own->second.size();
  if (longest == lanes_.end() || longest->second.size() <= of_own + 1) return nullptr;
  auto last = std::move(longest->second.back());
  longest->second.pop_back();
  --taken_;
  return last;
}

WorkPool::PlacePtr WorkPool::take_next() {
  if (turns_.empty()) return nullptr;
  const auto lane = lanes_.find(turns_.front());
  turns_.pop_front();
  auto next = std::move(lane->second.front());
  lane->second.pop_front();
  if (lane->second.empty()) {
    lanes_.erase(lane);
  } else {
    turns_.push_back(lane->first);
  }
  return next;
}

void WorkPool::serve_next() {
  PlacePtr next;
  {
    const std::lock_guard lock(mutex_);
    next = take_next();
  }
  // Outside the lock: it goes on with the work in this very call.
  if (next) std::exchange(next->go_on, {})();
}

Response WorkPool::refusal() const {
  Response busy = http::error_response(503, "busy", {},
                                       fmt::format("{} such requests are being answered; come again", most_));
  busy.headers.emplace_back("Retry-After", "1");
  return busy;
}

}  // namespace watchrig::api
