#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "system/base/correlation.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// Threads for answers that take long, so that connections never wait for each other. Only `most` requests
/// are taken at a time: what comes beyond is told to come again later, not queued without end. Requests wait
/// in lanes, which are served in turn, so that who sends many only waits for itself; where there is no room,
/// the longest lane gives up its last. Any thread.
class WorkPool {
 public:
  using Work = std::function<http::Response()>;

  WorkPool(unsigned threads, unsigned most) : most_(most), pool_(threads) {}

  /// Runs `work` on a thread of the pool and returns to the caller's executor with its answer, or with a 503.
  boost::asio::awaitable<http::Response> run(Work work) { return run({}, std::move(work)); }
  /// The same in the lane of whom the request is from.
  boost::asio::awaitable<http::Response> run(std::string lane, Work work) {
    return run_under(base::correlation(), std::move(lane), std::move(work));
  }
  /// Waits for what is being done.
  void join() { pool_.join(); }

 private:
  /// One that waits for its turn.
  struct Place {
    boost::asio::any_io_executor home;
    bool refused = false;
    std::function<void()> go_on = {};
  };
  using PlacePtr = std::shared_ptr<Place>;

  boost::asio::awaitable<http::Response> run_under(std::string correlation, std::string lane, Work work);
  /// Ends on a thread of the pool, or at home when the place is refused.
  boost::asio::awaitable<void> wait_for_turn(std::string lane, PlacePtr place);
  void enter(const std::string& lane, PlacePtr place);
  void serve_next();
  http::Response refusal() const;
  // Under mutex_.
  PlacePtr make_room(const std::string& lane);
  PlacePtr take_next();

  const unsigned most_;
  std::mutex mutex_;
  unsigned taken_ = 0;                                 ///< that wait or are being done
  std::map<std::string, std::deque<PlacePtr>> lanes_;  ///< none is empty
  std::deque<std::string> turns_;                      ///< the lanes in the order in which they are served
  boost::asio::thread_pool pool_;
};

}  // namespace watchrig::api
