// A camera that goes back to what it was at first (ONVIF Core, SetSystemFactoryDefault).
#include <boost/json/object.hpp>

#include "simulators/camera/camera.hpp"
#include "system/base/log.hpp"
#include "system/base/timer.hpp"

namespace watchrig::camera {

namespace json = boost::json;

/// After the answer has had time to leave; then as from a restart.
boost::asio::awaitable<void> Camera::factory_default(std::weak_ptr<Camera> weak, bool hard,
                                                     const base::Clock& clock) {
  base::Timer timer(co_await boost::asio::this_coro::executor, clock);
  co_await timer.wait_for(std::chrono::milliseconds(200));
  const auto camera = weak.lock();
  if (!camera) co_return;
  camera->forget_settings(hard);
  const auto begun = camera->inject(json::object{{"verb", "power-cut"}, {"for", "5s"}});
  if (!begun) base::log_error("camera {}: factory default: {}", camera->id(), begun.error().message);
}

/// What is on its card stays, as do the certificates unless the default is a hard one.
void Camera::forget_settings(bool hard) {
  users_.forget_changes();
  if (head_) head_->forget();
  if (imaging_) imaging_->set({});
  if (osd_) osd_->forget();
  for (const auto& analytics : analytics_) analytics->forget();
  for (const auto& first : onvif_->first().streams) {
    const auto* now = onvif_->device().stream(first.name);
    if (now->sound != first.sound) {
      if (const auto done = encode_sound(first.name, *first.sound); !done)
        base::log_error("camera {}: {} sounds as it does: {}", spec_.id, first.name, done.error().message);
    }
    if (now->profile == first.profile) continue;
    if (const auto done = encode(first.name, first.profile); !done)
      base::log_error("camera {}: {} stays as it is: {}", spec_.id, first.name, done.error().message);
  }
  onvif_->forget_settings(hard);
  if (!hard) return;
  if (certificates_) {
    certificates_->renew(*spec_.certificate, clock_.now());
    for (const auto& certificate : certificates_->list()) {
      if (!certificate.used) (void)certificates_->remove(certificate.id);
    }
    show_certificate();
  }
  move_to(onvif_->first().place);
}

}  // namespace watchrig::camera
