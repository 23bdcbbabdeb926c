#include "system/devices/onvif/onvif_ptz.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/devices/onvif/onvif_lens.hpp"
#include "system/devices/onvif/ptz_node.hpp"
#include "system/devices/onvif/ptz_tours.hpp"
#include "system/devices/onvif/zoom_law.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::devices {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using protocols::add;
using protocols::child;
using protocols::text_at;
using Fill = OnvifClient::Fill;

/// Of what an iris can, at full speed.
constexpr double iris_a_second = 0.5;

void put(pugi::xml_node node, const char* name, double value) {
  node.append_attribute(name) = fmt::format("{:.6g}", value).c_str();
}

/// Pan and tilt go together; `space` is that of theirs, when it is not the usual one.
void add_vector(pugi::xml_node parent, const char* name, const PtzVector& vector,
                std::string_view space = {}) {
  auto node = add(parent, name);
  if (vector.pan || vector.tilt) {
    auto plane = add(node, "tt:PanTilt");
    put(plane, "x", vector.pan.value_or(0));
    put(plane, "y", vector.tilt.value_or(0));
    if (!space.empty()) plane.append_attribute("space") = std::string(space).c_str();
  }
  if (vector.zoom) put(add(node, "tt:Zoom"), "x", *vector.zoom);
}

std::optional<double> number_in(pugi::xml_node node, const char* name, double least, double most) {
  const auto number = base::parse_number<double>(std::string_view(node.attribute(name).value()));
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

PtzStatus read_status(pugi::xml_node told) {
  PtzStatus status;
  const auto position = child(told, "Position");
  status.position.pan = number_in(child(position, "PanTilt"), "x", -1, 1);
  status.position.tilt = number_in(child(position, "PanTilt"), "y", -1, 1);
  status.position.zoom = number_in(child(position, "Zoom"), "x", 0, 1);
  const auto moves = child(told, "MoveStatus");
  const auto turning = text_at(moves, "PanTilt"), zooming = text_at(moves, "Zoom");
  if (turning == "MOVING" || zooming == "MOVING") status.moving = true;
  if (turning == "IDLE" && (zooming == "IDLE" || zooming.empty())) status.moving = false;
  status.view_degrees = number_in(child(told, "FieldOfView"), "hfov", 1e-3, 360);
  return status;
}

class OnvifPtz final : public PtzHead {
 public:
  OnvifPtz(const base::Clock& clock, OnvifClient::Options device, std::uint32_t channel)
      : clock_(clock), device_(std::move(device)), channel_(channel), lens_(clock, device_, channel) {}

  Answer<PtzAbilities> abilities() override;
  Answer<PtzStatus> status() override;
  Answer<> move(PtzVector velocity, base::Duration life) override;
  Answer<> stop() override;
  Answer<> go(PtzVector position, double speed) override;
  Answer<> step(PtzVector way, double speed) override;
  Answer<> centre(PtzView view) override;
  Answer<std::vector<PtzPreset>> presets() override;
  Answer<std::string> set_preset(std::string token, std::string name) override;
  Answer<> remove_preset(std::string token) override;
  Answer<> go_to_preset(std::string token, double speed) override;
  Answer<> go_home(double speed) override;
  Answer<> set_home() override;
  Answer<std::vector<PtzTour>> tours() override;
  Answer<std::string> set_tour(PtzTour tour) override;
  Answer<> remove_tour(std::string token) override;
  Answer<> run_tour(std::string token, bool run) override;
  Answer<> switch_auxiliary(std::string name, bool on) override;

 private:
  struct Ready {
    OnvifClient client;  ///< copied for each question, since one asks one at a time
    PtzNode node;
  };

  Answer<std::shared_ptr<Ready>> ready();
  /// Asks about the profile. Error unsupported when the ability that it needs is not there.
  Answer<protocols::SoapMessage> ask(Ability PtzAbilities::*needed, std::string operation, Fill fill);
  Answer<> tell(Ability PtzAbilities::*needed, std::string operation, Fill fill);

  const base::Clock& clock_;
  const OnvifClient::Options device_;
  const std::uint32_t channel_;
  OnvifLens lens_;
  std::shared_ptr<Ready> ready_;
  ZoomLaw law_;
};

PtzHead::Answer<std::shared_ptr<OnvifPtz::Ready>> OnvifPtz::ready() {
  if (ready_) co_return ready_;
  OnvifClient client(clock_, device_);
  auto node = co_await PtzNode::find(client, channel_);
  if (!node) co_return node.error();
  ready_ = std::make_shared<Ready>(Ready{std::move(client), *std::move(node)});
  co_return ready_;
}

PtzHead::Answer<protocols::SoapMessage> OnvifPtz::ask(Ability PtzAbilities::*needed, std::string operation,
                                                      Fill fill) {
  auto prepared = co_await ready();
  if (!prepared) co_return prepared.error();
  const std::shared_ptr<Ready> known = *prepared;
  const bool cannot = needed && known->node.abilities.*needed == Ability::no;
  if (known->node.path.empty() || cannot) {
    co_return Error{ErrorKind::unsupported, known->node.path.empty()
                                                ? "the camera has no head that could be turned"
                                                : "the camera's head cannot do this"};
  }
  OnvifClient client = known->client;
  // Named, because GCC 12 destroys temporaries of a co_await twice.
  const Fill whole = [known, fill](pugi::xml_node request) {
    add(request, "tptz:ProfileToken", known->node.profile);
    if (fill) fill(request);
  };
  const std::string full_name = "tptz:" + operation;
  auto answer = co_await client.ask(known->node.path, full_name, whole);
  // A device that came back may have its services elsewhere, and another clock.
  if (!answer && answer.error().kind != ErrorKind::not_found) ready_.reset();
  co_return answer;
}

PtzHead::Answer<> OnvifPtz::tell(Ability PtzAbilities::*needed, std::string operation, Fill fill) {
  // The focus has no life time of its own, so whatever comes next ends its movement.
  const auto rests = co_await lens_.stop_focus();
  if (!rests) co_return rests;
  const auto answer = co_await ask(needed, operation, fill);
  if (!answer) co_return answer.error();
  co_return Result<>();
}

PtzHead::Answer<PtzAbilities> OnvifPtz::abilities() {
  const auto prepared = co_await ready();
  if (!prepared) co_return prepared.error();
  auto can = (*prepared)->node.abilities;
  const auto lens = co_await lens_.add_abilities(can);
  if (!lens && can.continuous == Ability::no) co_return lens.error();
  co_return can;
}

PtzHead::Answer<PtzStatus> OnvifPtz::status() {
  const auto answer = co_await ask(nullptr, "GetStatus", {});
  if (!answer) co_return answer.error();
  const auto told = read_status(child(answer->content(), "PTZStatus"));
  if (told.position.zoom && told.view_degrees) law_.learn(*told.position.zoom, *told.view_degrees);
  co_return told;
}

PtzHead::Answer<> OnvifPtz::move(PtzVector velocity, base::Duration life) {
  if (velocity.focus) co_return co_await lens_.run_focus(*velocity.focus);
  if (velocity.iris) {
    const auto rests = co_await lens_.stop_focus();
    if (!rests) co_return rests;
    // An iris is set, not moved: at once by what it would have moved in that time.
    const double seconds = std::chrono::duration<double>(life).count();
    co_return co_await lens_.step_iris(*velocity.iris * std::min(1.0, seconds * iris_a_second));
  }
  const Fill fill = [=](pugi::xml_node request) {
    add_vector(request, "tptz:Velocity", velocity);
    add(request, "tptz:Timeout", protocols::xml_duration(life));
  };
  co_return co_await tell(&PtzAbilities::continuous, "ContinuousMove", fill);
}

PtzHead::Answer<> OnvifPtz::stop() {
  const Fill fill = [](pugi::xml_node request) {
    add(request, "tptz:PanTilt", "true");
    add(request, "tptz:Zoom", "true");
  };
  const auto stopped = co_await tell(nullptr, "Stop", fill);
  if (stopped || stopped.error().kind != ErrorKind::unsupported || lens_.focus_runs()) co_return stopped;
  // A lens without a head: that it has none is no failure to stop.
  PtzAbilities can;
  const auto lens = co_await lens_.add_abilities(can);
  const bool has_lens = lens && (can.focus == Ability::yes || can.iris == Ability::yes);
  if (has_lens) co_return Result<>();
  co_return stopped;
}

void add_speed(pugi::xml_node request, double speed) {
  add_vector(request, "tptz:Speed", {speed, speed, speed});
}

PtzHead::Answer<> OnvifPtz::go(PtzVector position, double speed) {
  auto target = position;
  if (target.pan.has_value() != target.tilt.has_value()) {
    // The two go together in a message, so the other is told as it is.
    const auto known = co_await status();
    if (!known) co_return known.error();
    if (!target.pan) target.pan = known->position.pan;
    if (!target.tilt) target.tilt = known->position.tilt;
  }
  const Fill fill = [target, speed](pugi::xml_node request) {
    add_vector(request, "tptz:Position", target);
    add_speed(request, speed);
  };
  co_return co_await tell(&PtzAbilities::absolute, "AbsoluteMove", fill);
}

PtzHead::Answer<> OnvifPtz::step(PtzVector way, double speed) {
  if (way.iris || way.focus) {
    const auto rests = co_await lens_.stop_focus();
    if (!rests) co_return rests;
    if (way.iris) co_return co_await lens_.step_iris(*way.iris);
    co_return co_await lens_.step_focus(*way.focus);
  }
  const Fill fill = [=](pugi::xml_node request) {
    add_vector(request, "tptz:Translation", way);
    add_speed(request, speed);
  };
  co_return co_await tell(&PtzAbilities::relative, "RelativeMove", fill);
}

PtzHead::Answer<> OnvifPtz::centre(PtzView view) {
  const auto known = co_await status();
  if (!known) co_return known.error();
  const Fill there = [view](pugi::xml_node request) {
    add_vector(request, "tptz:Translation", {view.x, view.y, {}}, ptz_view_space);
  };
  const auto turned = co_await tell(&PtzAbilities::positioning, "RelativeMove", there);
  if (!turned || view.magnify == 1 || !known->position.zoom) co_return turned;
  const double zoom = law_.zoomed(*known->position.zoom, view.magnify);
  const Fill near = [zoom](pugi::xml_node request) { add_vector(request, "tptz:Position", {{}, {}, zoom}); };
  co_return co_await tell(&PtzAbilities::zoom, "AbsoluteMove", near);
}

PtzHead::Answer<std::vector<PtzPreset>> OnvifPtz::presets() {
  constexpr std::size_t most = 1024;
  const auto answer = co_await ask(&PtzAbilities::presets, "GetPresets", {});
  if (!answer) co_return answer.error();
  std::vector<PtzPreset> list;
  for (const auto& node : protocols::children(answer->content(), "Preset")) {
    if (list.size() < most)
      list.push_back({node.attribute("token").value(), text_at(node, "Name").substr(0, 255)});
  }
  co_return list;
}

PtzHead::Answer<std::string> OnvifPtz::set_preset(std::string token, std::string name) {
  const Fill fill = [token, name](pugi::xml_node request) {
    if (!name.empty()) add(request, "tptz:PresetName", name);
    if (!token.empty()) add(request, "tptz:PresetToken", token);
  };
  const auto answer = co_await ask(&PtzAbilities::presets, "SetPreset", fill);
  if (!answer) co_return answer.error();
  co_return text_at(answer->content(), "PresetToken");
}

PtzHead::Answer<> OnvifPtz::remove_preset(std::string token) {
  return tell(&PtzAbilities::presets, "RemovePreset",
              [token](pugi::xml_node request) { add(request, "tptz:PresetToken", token); });
}

PtzHead::Answer<> OnvifPtz::go_to_preset(std::string token, double speed) {
  return tell(&PtzAbilities::presets, "GotoPreset", [token, speed](pugi::xml_node request) {
    add(request, "tptz:PresetToken", token);
    add_speed(request, speed);
  });
}

PtzHead::Answer<> OnvifPtz::go_home(double speed) {
  return tell(&PtzAbilities::home, "GotoHomePosition",
              [speed](pugi::xml_node request) { add_speed(request, speed); });
}

PtzHead::Answer<> OnvifPtz::set_home() { return tell(&PtzAbilities::home, "SetHomePosition", {}); }

PtzHead::Answer<std::vector<PtzTour>> OnvifPtz::tours() {
  const auto answer = co_await ask(&PtzAbilities::tours, "GetPresetTours", {});
  if (!answer) co_return answer.error();
  co_return read_ptz_tours(answer->content());
}

PtzHead::Answer<std::string> OnvifPtz::set_tour(PtzTour tour) {
  const bool is_new = tour.token.empty();
  if (is_new) {
    const auto made = co_await ask(&PtzAbilities::tours, "CreatePresetTour", {});
    if (!made) co_return made.error();
    tour.token = text_at(made->content(), "PresetTourToken");
  }
  const Fill fill = [tour](pugi::xml_node request) { add_ptz_tour(request, tour); };
  const auto changed = co_await tell(&PtzAbilities::tours, "ModifyPresetTour", fill);
  if (!changed) {
    if (is_new) co_await remove_tour(tour.token);
    co_return changed.error();
  }
  co_return tour.token;
}

PtzHead::Answer<> OnvifPtz::remove_tour(std::string token) {
  return tell(&PtzAbilities::tours, "RemovePresetTour",
              [token](pugi::xml_node request) { add(request, "tptz:PresetTourToken", token); });
}

PtzHead::Answer<> OnvifPtz::run_tour(std::string token, bool run) {
  return tell(&PtzAbilities::tours, "OperatePresetTour", [token, run](pugi::xml_node request) {
    add(request, "tptz:PresetTourToken", token);
    add(request, "tptz:Operation", run ? "Start" : "Stop");
  });
}

PtzHead::Answer<> OnvifPtz::switch_auxiliary(std::string name, bool on) {
  return tell(nullptr, "SendAuxiliaryCommand", [name, on](pugi::xml_node request) {
    add(request, "tptz:AuxiliaryData", fmt::format("tt:{}|{}", name, on ? "On" : "Off"));
  });
}

}  // namespace

std::unique_ptr<PtzHead> make_onvif_ptz(const base::Clock& clock, OnvifClient::Options device,
                                        std::uint32_t channel) {
  return std::make_unique<OnvifPtz>(clock, std::move(device), channel);
}

}  // namespace watchrig::devices
