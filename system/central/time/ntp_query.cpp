#include "system/central/time/ntp_query.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/rand.h>

#include "system/base/timer.hpp"

namespace watchrig::central {

namespace asio = boost::asio;
using asio::ip::udp;
using base::Error;
using base::ErrorKind;
using base::Result;
using boost::system::error_code;

namespace {

constexpr std::size_t longest_answer = 1024;
constexpr unsigned most_silences = 2;

Error unreachable(const NtpServer& server, const std::string& why) {
  return {ErrorKind::unavailable,
          fmt::format("{} port {} cannot be reached ({}); check address, port and network", server.host,
                      server.port, why)};
}

Result<NtpTimestamp> make_nonce() {
  std::array<std::uint8_t, sizeof(NtpTimestamp)> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return Error{ErrorKind::io, "the operating system gives no random numbers"};
  return base::load_be64(bytes.data());
}

/// Connected, the socket takes datagrams from that address and port only.
Result<> connect(udp::socket& socket, const udp::endpoint& to, const NtpServer& server) {
  error_code failure;
  socket.open(to.protocol(), failure);
  if (!failure) socket.connect(to, failure);
  if (failure) return unreachable(server, failure.message());
  return {};
}

asio::awaitable<Result<NtpSample>> ask_once(udp::endpoint to, NtpServer server, const base::Clock& clock,
                                            base::Duration patience) {
  const auto executor = co_await asio::this_coro::executor;
  udp::socket socket(executor);
  if (const auto connected = connect(socket, to, server); !connected) co_return connected.error();
  const auto nonce = make_nonce();
  if (!nonce) co_return nonce.error();
  const auto request = ntp_request(*nonce);
  error_code failure;
  const base::Watchdog watchdog(executor, patience, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  const auto sent = clock.now();
  co_await socket.async_send(asio::buffer(request), asio::redirect_error(asio::use_awaitable, failure));
  std::array<std::uint8_t, longest_answer> bytes{};
  while (!failure) {
    const std::size_t size = co_await socket.async_receive(
        asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, failure));
    const auto received = clock.now();
    if (failure) break;
    const auto answer = NtpPacket::parse({bytes.data(), size});
    if (answer && answer->mode == NtpPacket::server && answer->origin == *nonce)
      co_return judge_ntp(*answer, sent, received);
  }
  if (watchdog.expired()) {
    co_return Error{
        ErrorKind::timeout,
        fmt::format("{} port {} does not answer; check that it is an NTP server and that no firewall "
                    "is between",
                    server.host, server.port)};
  }
  co_return unreachable(server, failure.message());
}

bool ends_all(const Error& error) { return error.kind == ErrorKind::denied || error.kind == ErrorKind::full; }

}  // namespace

asio::awaitable<Result<NtpSample>> ask_ntp(NtpServer server, const base::Clock& clock, NtpManner manner) {
  const auto executor = co_await asio::this_coro::executor;
  udp::resolver resolver(executor);
  error_code failure;
  const auto found = co_await resolver.async_resolve(server.host, std::to_string(server.port),
                                                     asio::redirect_error(asio::use_awaitable, failure));
  if (failure || found.empty()) co_return unreachable(server, failure.message());
  const udp::endpoint endpoint = found.begin()->endpoint();
  base::Timer timer(executor, clock);
  std::optional<NtpSample> best;
  Error last;
  unsigned silences = 0;
  for (unsigned i = 0; i < manner.samples && silences < most_silences; ++i) {
    if (i > 0) co_await timer.wait_for(manner.between);
    const auto sample = co_await ask_once(endpoint, server, clock, manner.patience);
    if (sample) {
      silences = 0;
      if (!best || sample->delay < best->delay) best = *sample;
      continue;
    }
    last = sample.error();
    if (ends_all(last)) co_return last;
    ++silences;
  }
  if (!best) co_return last;
  co_return *best;
}

}  // namespace watchrig::central
