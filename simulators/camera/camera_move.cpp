// A camera that goes to another address, or has its services at other ports.
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "simulators/camera/camera.hpp"
#include "system/base/log.hpp"
#include "system/base/timer.hpp"
#include "system/http/tls_context.hpp"

namespace watchrig::camera {

namespace json = boost::json;

std::string Camera::address() const {
  const std::lock_guard lock(address_mutex_);
  return address_;
}

/// After the answer has had time to leave.
boost::asio::awaitable<void> Camera::move_later(std::weak_ptr<Camera> weak, CameraPlace place,
                                                const base::Clock& clock) {
  base::Timer timer(co_await boost::asio::this_coro::executor, clock);
  co_await timer.wait_for(std::chrono::milliseconds(200));
  const auto camera = weak.lock();
  if (!camera || camera->spec_.quirks.has(quirks::address_ignored)) co_return;
  if (!camera->spec_.quirks.has(quirks::address_lost)) co_return camera->move_to(place);
  const auto gone = camera->inject(json::object{{"verb", "power-cut"}});
  if (!gone) base::log_error("camera {}: lost: {}", camera->id(), gone.error().message);
}

base::Result<void> Camera::listen_at(const CameraPlace& place) {
  server_->move_to(place);
  if (auto resumed = server_->resume_accepting(); !resumed) return resumed;
  return onvif_->move_to(place);
}

/// Where somebody else has the port already it stays: two cameras at one address are none that a rig can
/// show.
void Camera::move_to(const CameraPlace& place) {
  const std::lock_guard lock(settle_mutex_);
  if (cut_) return;
  auto before = onvif_->device().place;
  before.rtsp_port = server_->port();
  if (place.address != before.address || place.rtsp_port != before.rtsp_port) {
    server_->stop_accepting();
    server_->drop_all_sessions(true);
  }
  const auto moved = listen_at(place);
  if (!moved) {
    base::log_error("camera {}: stays at {}: {}", spec_.id, before.address, moved.error().message);
    server_->stop_accepting();
    if (const auto back = listen_at(before); !back)
      base::log_error("camera {}: is nowhere: {}", spec_.id, back.error().message);
    return;
  }
  base::log_info("camera {}: is at {} port {} from now on", spec_.id, place.address,
                 place.http ? place.http_port : place.https_port);
  const std::lock_guard known(address_mutex_);
  address_ = place.address;
}

void Camera::show_certificate() {
  onvif_->show_certificate();
  server_->show(http::native_context(certificates_->identity()));
}

}  // namespace watchrig::camera
