#include "system/http/pass_through.hpp"

#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::size_t piece = 64 * 1024;

struct Passage {
  Passage(std::shared_ptr<ConnectionStream> stream, std::function<bool()> is_wanted)
      : client(std::move(stream)),
        wanted(std::move(is_wanted)),
        server(client->get_executor()),
        requests_over(client->get_executor(), asio::steady_timer::time_point::max()) {}

  const std::shared_ptr<ConnectionStream> client;
  const std::function<bool()> wanted;
  tcp::socket server;
  asio::steady_timer requests_over;  ///< expires with the last of what the client says
};

asio::awaitable<void> carry_requests(std::shared_ptr<Passage> passage) {
  std::vector<char> bytes(piece);
  error_code failure;
  // A cancel() may have come while nothing was read.
  while (!failure && passage->wanted()) {
    const auto size = co_await passage->client->async_read_some(
        asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, failure));
    if (failure) break;
    const base::Watchdog deadline(passage->server.get_executor(), patience,
                                  [passage] { passage->server.close(); });
    co_await asio::async_write(passage->server, asio::buffer(bytes, size),
                               asio::redirect_error(asio::use_awaitable, failure));
  }
  passage->server.close(failure);
  passage->requests_over.expires_at(asio::steady_timer::time_point::min());
}

/// What ended it.
asio::awaitable<error_code> carry_answers(Passage& passage) {
  std::vector<char> bytes(piece);
  error_code failure;
  while (!failure) {
    const auto size = co_await passage.server.async_read_some(
        asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, failure));
    if (failure) break;
    const base::Watchdog deadline(passage.server.get_executor(), patience,
                                  [&passage] { passage.client->next_layer().close(); });
    co_await asio::async_write(*passage.client, asio::buffer(bytes, size),
                               asio::redirect_error(asio::use_awaitable, failure));
  }
  co_return failure;
}

}  // namespace

asio::awaitable<bool> pass_through(std::shared_ptr<ConnectionStream> stream, tcp::endpoint to,
                                   std::string read, std::function<bool()> wanted) {
  const auto passage = std::make_shared<Passage>(std::move(stream), std::move(wanted));
  auto& client = passage->client->next_layer();
  client.expires_never();
  error_code failure, ignored;
  {
    const base::Watchdog deadline(passage->server.get_executor(), patience,
                                  [passage] { passage->server.close(); });
    co_await passage->server.async_connect(to, asio::redirect_error(asio::use_awaitable, failure));
    if (!failure)
      co_await asio::async_write(passage->server, asio::buffer(read),
                                 asio::redirect_error(asio::use_awaitable, failure));
  }
  if (failure) co_return false;
  passage->server.set_option(tcp::no_delay(true), ignored);
  base::spawn(client.get_executor(), carry_requests(passage), "HTTP passage");
  failure = co_await carry_answers(*passage);
  if (failure == asio::error::connection_reset) {
    client.socket().set_option(asio::socket_base::linger(true, 0), ignored);
    client.close();
  }
  passage->server.close(ignored);
  client.cancel();
  co_await passage->requests_over.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return true;
}

}  // namespace watchrig::http
