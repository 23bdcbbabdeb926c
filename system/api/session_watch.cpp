#include "system/api/session_watch.hpp"

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::api {

namespace asio = boost::asio;

namespace {

constexpr auto between_looks = std::chrono::seconds(1);  // of real time

struct Watched {
  asio::ip::address source;
  std::string session;
  std::string account;
  central::Authority right;
  std::string channel;  ///< empty: any
};

Watched watched(const http::Request& request, central::Authority right) {
  boost::system::error_code none;
  return {asio::ip::make_address(request.source(), none), request.session, request.account, right,
          request.param("channel")};
}

bool is_allowed(ServerParts& parts, const Watched& who) {
  return parts.central.access().admits(who.source) &&
         still_may(parts, who.session, who.account, who.right, who.channel);
}

asio::awaitable<void> watch(ServerParts& parts, Watched who, http::WebSocket socket) {
  base::Timer timer(socket.executor(), parts.clock);
  while (socket.is_open()) {
    if (!is_allowed(parts, who)) {
      socket.close();
      co_return;
    }
    co_await timer.wait_for(session_check);
  }
}

}  // namespace

bool still_may(ServerParts& parts, const std::string& session, const std::string& account,
               central::Authority right, const std::string& channel) {
  auto& sessions = parts.central.sign_in().sessions;
  using central::Authority;
  const bool busy = right == Authority::live || right == Authority::download || right == Authority::outputs;
  const auto now = busy ? sessions.keep(session) : sessions.account(session);
  if (now != account) return false;
  const auto rights = parts.central.accounts().rights(account);
  return channel.empty() ? rights->may(right) : rights->may(right, channel);
}

std::function<bool()> while_allowed(ServerParts& parts, const http::Request& request,
                                    central::Authority right) {
  // Asked for each few kilobytes, and the access filter may ask the kernel.
  return [&parts, who = watched(request, right), next = std::chrono::steady_clock::time_point()]() mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now < next) return true;
    next = now + between_looks;
    return is_allowed(parts, who);
  };
}

void watch_session(ServerParts& parts, const http::Request& request, http::WebSocket socket,
                   central::Authority right) {
  base::spawn(socket.executor(), watch(parts, watched(request, right), socket), "session watch");
}

}  // namespace watchrig::api
