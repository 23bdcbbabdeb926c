#include "system/app/rtsp_door.hpp"

#include "system/api/live_content.hpp"
#include "system/api/onvif_face/onvif_callers.hpp"
#include "system/api/playback_content.hpp"
#include "system/base/log.hpp"
#include "system/base/plain_address.hpp"
#include "system/http/tls_context.hpp"

namespace watchrig::app {

namespace asio = boost::asio;
using base::Result;

Result<std::unique_ptr<media::RtspServer>> RtspDoor::start(const std::string& section, media::TlsContext tls,
                                                           std::uint16_t before) {
  const auto executors = [this] { return asio::any_io_executor(pool_.next()); };
  media::RtspServer::Options options;
  options.address = parts_.central.settings().text(section, "address");
  options.port = static_cast<std::uint16_t>(parts_.central.settings().number(section, "port"));
  // Players were told the port that was free before.
  if (options.port == 0) options.port = before;
  options.tls = std::move(tls);
  options.admit = [this](const asio::ip::address& source) { return parts_.central.access().admits(source); };
  // Digest needs what a stored password is not: its text. So streams are read with a session's own key.
  // ONVIF accounts are there for Digest, and none is named like a session.
  options.password = [this](std::string_view name) {
    auto key = parts_.central.sign_in().sessions.stream_key(name);
    return key ? key : api::onvif_stream_password(parts_, name);
  };
  options.denied = [this](const std::string& name, const asio::ip::address& source) {
    if (parts_.central.onvif_accounts().find(name))
      api::count_onvif_failure(parts_, name, base::plain_address(source).to_string());
  };
  const auto who_has = [this](central::Authority right) -> api::MayView {
    return [this, right](const media::RtspTarget& asked, const std::string& channel) {
      if (!parts_.central.access().admits(asked.source)) return false;
      const auto account = parts_.central.sign_in().sessions.keep(asked.username);
      if (!account) {
        return api::onvif_may_view(parts_, asked.username, base::plain_address(asked.source).to_string());
      }
      return parts_.central.accounts().rights(*account)->may(right, channel);
    };
  };
  auto live = api::make_live_content(parts_.streams, parts_.storage_queries, parts_.central.device_notes(),
                                     parts_.clock, who_has(central::Authority::live));
  auto playback = api::make_playback_content(parts_, readers_, who_has(central::Authority::playback));
  return media::RtspServer::start(std::move(options), parts_.clock, executors,
                                  api::make_stream_content(std::move(live), std::move(playback)));
}

Result<> RtspDoor::open() {
  clear_.reset();
  if (required()) return {};
  auto server = start("rtsp", nullptr, clear_before_);
  if (!server) return server.error();
  clear_ = std::move(*server);
  clear_before_ = clear_->port();
  return {};
}

void RtspDoor::close() { clear_.reset(); }

Result<> RtspDoor::open_tls() {
  // What is wrong with the clear port keeps no encrypted stream.
  Result<> opened;
  if (required()) {
    close();
  } else if (!clear_) {
    opened = open();
  }
  if (!parts_.central.settings().flag("rtsps", "enabled")) return opened;
  const auto identity = parts_.https.identity();
  if (!identity) {
    close_tls();
    base::log_error("RTSP by TLS is off{}: {}",
                    required() ? ", and in the clear too, as TLS is required" : "", identity.error().message);
    return opened;
  }
  if (tls_) {
    tls_->set_tls(http::native_context(*identity));
    return opened;
  }
  auto server = start("rtsps", http::native_context(*identity), tls_before_);
  if (!server) return server.error();
  tls_ = std::move(*server);
  tls_before_ = tls_->port();
  return opened;
}

void RtspDoor::close_tls() { tls_.reset(); }

}  // namespace watchrig::app
