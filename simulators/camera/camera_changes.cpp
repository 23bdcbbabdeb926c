// What a rig has happen to a camera that is no fault.
#include <algorithm>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "simulators/camera/camera.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using base::Error;
using base::ErrorKind;
namespace json = boost::json;

constexpr std::string_view known[] = {"input", "motion", "cells", "dark", "tamper", "busy", "card", "disk"};

}  // namespace

base::Result<json::object> Camera::change(const json::value& state) {
  const auto invalid = [&](std::string message) {
    return Error{ErrorKind::invalid, fmt::format("camera \"{}\": {}", spec_.id, message)};
  };
  if (!onvif_) return invalid("only one with onvif=\"yes\" can tell what happens to it");
  const auto* members = state.if_object();
  if (!members) return invalid("a JSON object is needed");
  if (const auto* what = members->if_contains("what"); what && *what == "registration")
    return change_registration(*members);
  std::string what, wanted;
  std::int64_t number = 1;
  for (const auto& [name, value] : *members) {
    if (name == "what" && value.is_string()) {
      what = value.get_string();
    } else if (name == "state" && value.is_string()) {
      wanted = value.get_string();
    } else if (name == "number" && value.is_int64()) {
      number = value.get_int64();
    } else {
      return invalid(fmt::format("what, number and state are known, not {}", std::string_view(name)));
    }
  }
  if (what == "certificate") return change_certificate(wanted);
  if (what == (spec_.channels == 0 ? "card" : "disk")) {
    const auto wished = card_state(wanted);
    if (cards_.empty()) return invalid(fmt::format("it has no {}", what));
    if (!wished) return invalid(fmt::format("a {} is inserted, removed or failed", what));
    for (const auto& card : cards_) card->set_state(*wished);
    return json::object{{"what", what}, {"state", wanted}};
  }
  if (wanted != "active" && wanted != "inactive") return invalid("a state is active or inactive");
  if (std::ranges::find(known, what) == std::end(known))
    return invalid(fmt::format("\"{}\" is none of {}", what, base::joined(known, ", ")));
  const bool is_set = number >= 1 && number <= std::max<std::int64_t>(CameraIo::most, max_channels) &&
                      onvif_->set_state(what, static_cast<unsigned>(number), wanted == "active");
  if (!is_set) return invalid(fmt::format("it has no {} {}", what, number));
  return json::object{{"what", what}, {"number", number}, {"state", wanted}};
}

base::Result<json::object> Camera::change_certificate(std::string_view manner) {
  const auto wished = certificate_manner(manner);
  if (!certificates_ || !wished) {
    return Error{ErrorKind::invalid,
                 fmt::format("camera \"{}\": with https=\"yes\" its certificate becomes one of {}", spec_.id,
                             certificate_manners)};
  }
  certificates_->renew(*wished, clock_.now());
  show_certificate();
  return json::object{
      {"what", "certificate"}, {"state", manner}, {"fingerprint", certificates_->fingerprint()}};
}

base::Result<json::object> Camera::change_registration(const json::object& members) {
  std::map<std::string_view, std::string> given;
  for (const auto& [name, value] : members) {
    if (!value.is_string()) {
      return Error{ErrorKind::invalid,
                   fmt::format("camera \"{}\": {} must be a text", spec_.id, std::string_view(name))};
    }
    given.emplace(name, value.get_string());
  }
  const std::lock_guard lock(settle_mutex_);
  if (registrar_) registrar_->stop();
  registrar_.reset();
  if (!given.contains("at")) return json::object{{"what", "registration"}, {"state", "off"}};
  const auto [host, port] = base::split_once(given["at"], ':');
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address(host, failure);
  const auto number = base::parse_number<std::uint16_t>(port);
  if (failure || !number)
    return Error{ErrorKind::invalid, fmt::format("camera \"{}\": at must be address:port", spec_.id)};
  const auto service =
      [weak = weak_from_this()](std::string_view name) -> std::optional<boost::asio::ip::tcp::endpoint> {
    const auto camera = weak.lock();
    if (!camera || (name != "rtsp" && name != "http")) return std::nullopt;
    return {{boost::asio::ip::make_address(camera->address()),
             name == "rtsp" ? camera->server_->port() : camera->onvif_->port()}};
  };
  const auto user = users_.find(spec_.username);
  RegistrarPlan plan{boost::asio::ip::make_address(spec_.address),
                     {address, *number},
                     spec_.id,
                     user ? user->password : spec_.password,
                     service};
  if (given.contains("device_id")) plan.device_id = given["device_id"];
  if (given.contains("password")) plan.password = given["password"];
  registrar_ = std::make_shared<Registrar>(std::move(plan), control_);
  registrar_->start();
  return registrar_->status();
}

}  // namespace watchrig::camera
