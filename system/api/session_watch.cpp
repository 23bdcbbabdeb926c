#include "system/api/session_watch.hpp"

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::api {

namespace asio = boost::asio;

namespace {

struct Watched {
  asio::ip::address source;
  std::string session;
  std::string account;
  central::Authority right;
  std::string channel;  ///< empty: any
};

asio::awaitable<void> watch(ServerParts& parts, Watched who, http::WebSocket socket) {
  base::Timer timer(socket.executor(), parts.clock);
  while (socket.is_open()) {
    if (!parts.central.access().admits(who.source) ||
        !still_may(parts, who.session, who.account, who.right, who.channel)) {
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
  const auto now = right == central::Authority::live ? sessions.keep(session) : sessions.account(session);
  if (now != account) return false;
  const auto rights = parts.central.accounts().rights(account);
  return channel.empty() ? rights->may(right) : rights->may(right, channel);
}

void watch_session(ServerParts& parts, const http::Request& request, http::WebSocket socket,
                   central::Authority right) {
  boost::system::error_code none;
  Watched who{asio::ip::make_address(request.source(), none), request.session, request.account, right,
              request.param("channel")};
  base::spawn(socket.executor(), watch(parts, std::move(who), socket), "session watch");
}

}  // namespace watchrig::api
