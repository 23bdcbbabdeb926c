#include "system/platform/syslog_sender.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <unistd.h>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::platform {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

namespace {

constexpr unsigned local0 = 16;
constexpr std::size_t longest_type = 32;
constexpr std::size_t longest_message = 2000;  // a datagram that no network splits needlessly
// Of real time.
constexpr auto patience = std::chrono::seconds(5);
constexpr auto between_attempts = std::chrono::seconds(1);

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "-";
  return name.data();
}

}  // namespace

std::string syslog_text(const SyslogEntry& entry, const std::string& host) {
  std::size_t length = std::min(entry.message.size(), longest_message);
  const auto within_character = [&] {
    return length < entry.message.size() &&
           (static_cast<unsigned char>(entry.message[length]) & 0xc0U) == 0x80U;
  };
  while (length > 0 && within_character()) --length;
  std::string message = entry.message.substr(0, length);
  std::ranges::replace_if(
      message, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return fmt::format("<{}>1 {} {} watchrig {} {} - \xEF\xBB\xBF{}", local0 * 8 + entry.severity,
                     base::format_utc(entry.time, 6), host, ::getpid(),
                     entry.type.empty() ? "-" : entry.type.substr(0, longest_type), message);
}

namespace {

/// One look-up of a name. The system's resolver may take long and cannot be ended; it is left alone then.
struct Lookup {
  Lookup(const asio::any_io_executor& executor, SyslogServer s)
      : server(std::move(s)), resolver(executor), over(executor) {}
  const SyslogServer server;
  tcp::resolver resolver;
  asio::steady_timer over;
  std::vector<tcp::endpoint> found;
  bool running = true;
};

void begin(const std::shared_ptr<Lookup>& lookup) {
  lookup->resolver.async_resolve(lookup->server.host, std::to_string(lookup->server.port),
                                 [lookup](const error_code&, const tcp::resolver::results_type& results) {
                                   for (const auto& entry : results)
                                     lookup->found.push_back(entry.endpoint());
                                   lookup->running = false;
                                   lookup->over.cancel();
                                 });
}

}  // namespace

struct SyslogSender::State {
  explicit State(const asio::any_io_executor& executor)
      : queue(executor, {most_waiting}, base::Overflow::drop_oldest),
        datagrams(executor),
        stream(executor),
        pause(executor) {}

  std::optional<SyslogServer> wanted() {
    const std::lock_guard lock(mutex);
    return server;
  }
  /// All addresses of the server; none when they are not known in time.
  asio::awaitable<std::vector<tcp::endpoint>> resolve(const SyslogServer& to);
  asio::awaitable<bool> send_datagram(const SyslogServer& to, const std::string& text);
  asio::awaitable<bool> send_framed(const SyslogServer& to, const std::string& text);
  asio::awaitable<bool> connect(const SyslogServer& to);
  asio::awaitable<void> deliver(const std::string& text);
  /// Towards the first of the addresses that there is a way to.
  bool aim(const SyslogServer& to);
  void disconnect() {
    error_code ignored;
    stream.close(ignored);
    connected.reset();
  }

  const std::string host = host_name();
  base::BoundedQueue<std::string> queue;
  std::atomic<bool> stopped = false;
  std::mutex mutex;
  std::optional<SyslogServer> server;
  // Of the sending coroutine.
  std::shared_ptr<Lookup> lookup;
  udp::socket datagrams;
  std::optional<SyslogServer> aimed;   ///< where the datagrams go
  std::vector<tcp::endpoint> targets;  ///< its addresses; the next one to try first
  tcp::socket stream;
  asio::steady_timer pause;
  std::optional<SyslogServer> connected;
  bool unreachable = false;
};

asio::awaitable<std::vector<tcp::endpoint>> SyslogSender::State::resolve(const SyslogServer& to) {
  if (!lookup || !(lookup->server == to)) {
    lookup = std::make_shared<Lookup>(stream.get_executor(), to);
    begin(lookup);
  }
  const auto mine = lookup;
  error_code ignored;
  mine->over.expires_after(patience);
  co_await mine->over.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (mine->running) co_return std::vector<tcp::endpoint>();  // the next attempt waits for it again
  lookup.reset();
  co_return mine->found;
}

bool SyslogSender::State::aim(const SyslogServer& to) {
  for (std::size_t tried = 0; tried < targets.size(); ++tried) {
    const udp::endpoint target(targets.front().address(), targets.front().port());
    std::rotate(targets.begin(), targets.begin() + 1, targets.end());
    error_code failure;
    datagrams.close(failure);
    datagrams.open(target.protocol(), failure);
    if (!failure) datagrams.connect(target, failure);
    if (failure) continue;
    aimed = to;
    return true;
  }
  aimed.reset();
  return false;
}

asio::awaitable<bool> SyslogSender::State::send_datagram(const SyslogServer& to, const std::string& text) {
  if (aimed != to) {
    targets = co_await resolve(to);
    if (!aim(to)) co_return false;
  }
  error_code failure;
  co_await datagrams.async_send(asio::buffer(text), asio::redirect_error(asio::use_awaitable, failure));
  if (!failure) co_return true;
  // Nobody was there for the one before: perhaps at the server's next address.
  if (!aim(to)) co_return false;
  co_await datagrams.async_send(asio::buffer(text), asio::redirect_error(asio::use_awaitable, failure));
  if (failure) aimed.reset();
  co_return !failure;
}

asio::awaitable<bool> SyslogSender::State::connect(const SyslogServer& to) {
  disconnect();
  const auto endpoints = co_await resolve(to);
  for (const auto& endpoint : endpoints) {
    error_code failure;
    disconnect();
    const base::Watchdog watchdog(stream.get_executor(), patience, [this] { disconnect(); });
    co_await stream.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, failure));
    if (failure || stopped) continue;
    stream.non_blocking(true, failure);
    connected = to;
    co_return !failure;
  }
  co_return false;
}

asio::awaitable<bool> SyslogSender::State::send_framed(const SyslogServer& to, const std::string& text) {
  // A server that has gone is noticed by the end of its stream; what is written then is lost without a word.
  std::array<char, 64> ignored{};
  error_code failure;
  if (connected) stream.read_some(asio::buffer(ignored), failure);
  if (connected != to || (failure && failure != asio::error::would_block)) {
    const bool reached = co_await connect(to);
    if (!reached) co_return false;
  }
  const std::string framed = fmt::format("{} {}", text.size(), text);
  const base::Watchdog watchdog(stream.get_executor(), patience, [this] { disconnect(); });
  failure.clear();
  co_await asio::async_write(stream, asio::buffer(framed),
                             asio::redirect_error(asio::use_awaitable, failure));
  if (failure) disconnect();
  co_return !failure;
}

/// Until it is sent or no longer wanted.
asio::awaitable<void> SyslogSender::State::deliver(const std::string& text) {
  while (!stopped) {
    const auto to = wanted();
    if (!to) co_return;
    bool sent = false;
    if (to->tcp) {
      sent = co_await send_framed(*to, text);
    } else {
      sent = co_await send_datagram(*to, text);
    }
    if (!sent && !unreachable)
      base::log_warning("log server {}:{} cannot be reached; trying again", to->host, to->port);
    unreachable = !sent;
    if (sent) co_return;
    error_code ignored;
    pause.expires_after(between_attempts);
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

namespace {

template <class State>
asio::awaitable<void> work(std::shared_ptr<State> state) {
  for (;;) {
    const auto text = co_await state->queue.pop();
    if (!text) co_return;
    co_await state->deliver(*text);
  }
}

}  // namespace

SyslogSender::SyslogSender(asio::any_io_executor executor) : state_(std::make_shared<State>(executor)) {
  base::spawn(std::move(executor), work(state_), "syslog");
}

SyslogSender::~SyslogSender() {
  state_->stopped = true;
  state_->queue.close();
}

void SyslogSender::set_server(std::optional<SyslogServer> server) {
  const std::lock_guard lock(state_->mutex);
  state_->server = std::move(server);
}

void SyslogSender::send(const SyslogEntry& entry) {
  if (state_->wanted()) state_->queue.push(syslog_text(entry, state_->host));
}

base::QueueStats SyslogSender::stats() const { return state_->queue.stats(); }

}  // namespace watchrig::platform
