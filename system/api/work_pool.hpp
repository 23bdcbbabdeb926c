#pragma once

#include <atomic>
#include <functional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "system/base/correlation.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// Threads for answers that take long, so that connections never wait for each other. Only `most` requests
/// are taken at a time: what comes beyond is told to come again later, not queued without end. Any thread.
class WorkPool {
 public:
  using Work = std::function<http::Response()>;

  WorkPool(unsigned threads, unsigned most) : most_(most), pool_(threads) {}

  /// Runs `work` on a thread of the pool and returns to the caller's executor with its answer, or with a 503.
  boost::asio::awaitable<http::Response> run(Work work) {
    return run_under(base::correlation(), std::move(work));
  }
  /// Waits for what is being done.
  void join() { pool_.join(); }

 private:
  boost::asio::awaitable<http::Response> run_under(std::string correlation, Work work);
  http::Response finish(const Work& work);

  const unsigned most_;
  std::atomic<unsigned> taken_ = 0;
  boost::asio::thread_pool pool_;
};

}  // namespace watchrig::api
