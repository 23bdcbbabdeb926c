// What a rig has happen to a camera that is no fault.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "simulators/camera/camera.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using base::Error;
using base::ErrorKind;
namespace json = boost::json;

constexpr std::string_view known[] = {"input", "motion", "cells", "dark", "tamper", "busy", "card"};

}  // namespace

base::Result<json::object> Camera::change(const json::value& state) {
  const auto invalid = [&](std::string message) {
    return Error{ErrorKind::invalid, fmt::format("camera \"{}\": {}", spec_.id, message)};
  };
  if (!onvif_) return invalid("only one with onvif=\"yes\" can tell what happens to it");
  const auto* members = state.if_object();
  if (!members) return invalid("a JSON object is needed");
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
  if (what == "card") {
    const auto card = card_state(wanted);
    if (!card_) return invalid("it has no card");
    if (!card) return invalid("a card is inserted, removed or failed");
    card_->set_state(*card);
    return json::object{{"what", what}, {"state", wanted}};
  }
  if (wanted != "active" && wanted != "inactive") return invalid("a state is active or inactive");
  if (std::ranges::find(known, what) == std::end(known))
    return invalid(fmt::format("\"{}\" is none of {}", what, base::joined(known, ", ")));
  const bool is_set = number >= 1 && number <= CameraIo::most &&
                      onvif_->set_state(what, static_cast<unsigned>(number), wanted == "active");
  if (!is_set) return invalid(fmt::format("it has no {} {}", what, number));
  return json::object{{"what", what}, {"number", number}, {"state", wanted}};
}

}  // namespace watchrig::camera
