#include "system/platform/async_ask.hpp"

#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace watchrig::platform {

namespace asio = boost::asio;

namespace {

/// What the coroutine waits for; both only on its executor.
struct Awaited {
  explicit Awaited(const asio::any_io_executor& executor) : deadline(executor) {}
  asio::steady_timer deadline;
  std::optional<MessageBus::Answer> answer;
};

}  // namespace

asio::awaitable<MessageBus::Answer> async_ask(MessageBus& bus, Message message, base::Duration deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto late = no_answer_in_time(message);
  const auto awaited = std::make_shared<Awaited>(executor);
  awaited->deadline.expires_after(deadline);
  MessageBus::Answered answered = [awaited, executor](MessageBus::Answer answer) {
    // Never at once, so that the wait has begun.
    asio::post(executor, [awaited, answer = std::move(answer)]() mutable {
      awaited->answer = std::move(answer);
      awaited->deadline.cancel();
    });
  };
  bus.ask_then(std::move(message), std::move(answered));
  boost::system::error_code ended;
  co_await awaited->deadline.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (awaited->answer) co_return *std::move(awaited->answer);
  if (!ended) co_return late;
  co_return base::Error{base::ErrorKind::cancelled, late.message + ", and is not waited for any more"};
}

}  // namespace watchrig::platform
