#include "system/api/work_pool.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace watchrig::api {

namespace asio = boost::asio;
using http::Response;

asio::awaitable<Response> WorkPool::run_under(std::string correlation, Work work) {
  if (++taken_ > most_) {
    --taken_;
    Response busy = http::error_response(
        503, "busy", {}, fmt::format("{} such requests are being answered; come again", most_));
    busy.headers.emplace_back("Retry-After", "1");
    co_return busy;
  }
  const auto home = co_await asio::this_coro::executor;
  co_await asio::post(pool_.get_executor(), asio::bind_executor(pool_.get_executor(), asio::use_awaitable));
  Response response = finish([&] {
    const base::CorrelationScope scope(correlation);
    return work();
  });
  co_await asio::post(home, asio::bind_executor(home, asio::use_awaitable));
  co_return response;
}

Response WorkPool::finish(const Work& work) {
  struct Leave {
    std::atomic<unsigned>& taken;
    ~Leave() { --taken; }
  } const leave{taken_};
  return work();
}

}  // namespace watchrig::api
