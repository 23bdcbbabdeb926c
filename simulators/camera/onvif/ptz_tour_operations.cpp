// Preset tours of the PTZ service (ONVIF PTZ 5.7).
#include <fmt/format.h>

#include "simulators/camera/onvif/ptz_spaces.hpp"
#include "system/base/text.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::children;
using protocols::text_at;
using ptz::HeadTour;
using ptz::TourSpot;
using TourState = ptz::MechanicalHead::TourState;

OnvifOutcome wrong_tour(const char* why) {
  return refuse({"ter:InvalidArgVal", "ter:InvalidPresetTour"}, why);
}

void fill_spot(pugi::xml_node node, const OnvifDevice& device, const TourSpot& spot) {
  auto detail = add(node, "tt:PresetDetail");
  if (spot.preset) {
    add(detail, "tt:PresetToken", std::to_string(*spot.preset));
  } else if (spot.position) {
    fill_ptz_position(add(detail, "tt:PTZPosition"), *device.head, *spot.position);
  } else {
    add(detail, "tt:Home", "true");
  }
  const auto speed = fmt::format("{:g}", spot.speed);
  auto speeds = add(node, "tt:Speed");
  auto plane = add(speeds, "tt:PanTilt");
  plane.append_attribute("x") = speed.c_str();
  plane.append_attribute("y") = speed.c_str();
  add(speeds, "tt:Zoom").append_attribute("x") = speed.c_str();
  add(node, "tt:StayTime", protocols::xml_duration(spot.stay));
}

void fill_tour(pugi::xml_node node, const OnvifDevice& device, unsigned number, const HeadTour& tour) {
  node.append_attribute("token") = std::to_string(number).c_str();
  add(node, "tt:Name", tour.name);
  const auto state = device.head->tour_state(number);
  auto status = add(node, "tt:Status");
  add(status, "tt:State",
      state == TourState::idle     ? "Idle"
      : state == TourState::paused ? "Paused"
                                   : "Touring");
  const auto visits = device.head->visits();
  if (state != TourState::idle && !visits.empty() && visits.back().spot < tour.spots.size())
    fill_spot(add(status, "tt:CurrentTourSpot"), device, tour.spots[visits.back().spot]);
  add(node, "tt:AutoStart", "false");
  auto condition = add(node, "tt:StartingCondition");
  if (tour.rounds) add(condition, "tt:RecurringTime", std::to_string(*tour.rounds));
  if (tour.life) add(condition, "tt:RecurringDuration", protocols::xml_duration(*tour.life));
  add(condition, "tt:Direction", tour.backward ? "Backward" : "Forward");
  for (const auto& spot : tour.spots) fill_spot(add(node, "tt:TourSpot"), device, spot);
}

OnvifOutcome read_spot(pugi::xml_node node, const OnvifDevice& device, TourSpot& spot) {
  const auto detail = child(node, "PresetDetail");
  const auto token = text_at(detail, "PresetToken");
  if (!token.empty()) {
    spot.preset = ptz_number(token);
    if (!device.head->presets().contains(*spot.preset)) return no_ptz_token(token);
  } else if (const auto place = child(detail, "PTZPosition")) {
    PtzVector vector;
    if (auto fault = read_ptz_vector(place, PtzMeaning::position, vector)) return fault;
    spot.position = device.head->position();
    apply_ptz_position(vector, *device.head, *spot.position);
  } else if (text_at(detail, "Home") != "true") {
    return wrong_tour("a spot is a preset, a position or home");
  }
  PtzVector speed;
  if (auto fault = read_ptz_vector(child(node, "Speed"), PtzMeaning::speed, speed)) return fault;
  spot.speed = speed.x.value_or(device.ptz_speed);
  if (!child(node, "StayTime")) return {};
  const auto stay = protocols::parse_xml_duration(text_at(node, "StayTime"));
  if (!stay || *stay < HeadTour::shortest_stay || *stay > HeadTour::longest_stay)
    return wrong_tour("a stay lasts 1 s to 1 hour");
  spot.stay = *stay;
  return {};
}

OnvifOutcome read_tour(pugi::xml_node node, const OnvifDevice& device, HeadTour& tour) {
  tour.name = text_at(node, "Name");
  if (tour.name.size() > 64) return wrong_tour("a name has at most 64 characters");
  if (text_at(node, "AutoStart") == "true") return wrong_tour("tours do not start by themselves here");
  const auto condition = child(node, "StartingCondition");
  tour.backward = text_at(condition, "Direction") == "Backward";
  if (child(condition, "RecurringTime")) {
    tour.rounds = base::parse_number<unsigned>(text_at(condition, "RecurringTime"));
    if (!tour.rounds || *tour.rounds == 0 || *tour.rounds > 1000)
      return wrong_tour("a tour has 1 to 1000 rounds");
  }
  if (child(condition, "RecurringDuration")) {
    tour.life = protocols::parse_xml_duration(text_at(condition, "RecurringDuration"));
    if (!tour.life || *tour.life <= base::Duration::zero()) return wrong_tour("a tour lasts some time");
  }
  for (const auto& one : children(node, "TourSpot")) {
    if (tour.spots.size() == HeadTour::most_spots) return wrong_tour("a tour has at most 128 spots");
    if (auto fault = read_spot(one, device, tour.spots.emplace_back())) return fault;
  }
  return {};
}

OnvifOutcome tours(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& [number, tour] : device.head->tours())
    fill_tour(add(call.answer, "tptz:PresetTour"), device, number, tour);
  return {};
}

OnvifOutcome one_tour(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "PresetTourToken");
  const auto all = device.head->tours();
  const auto found = all.find(ptz_number(token));
  if (found == all.end()) return no_ptz_token(token);
  fill_tour(add(call.answer, "tptz:PresetTour"), device, found->first, found->second);
  return {};
}

OnvifOutcome tour_options(const OnvifDevice& device, OnvifCall& call) {
  auto options = add(call.answer, "tptz:Options");
  add(options, "tt:AutoStart", "false");
  auto condition = add(options, "tt:StartingCondition");
  auto rounds = add(condition, "tt:RecurringTime");
  add(rounds, "tt:Min", "1");
  add(rounds, "tt:Max", "1000");
  add(condition, "tt:Direction", "Forward");
  add(condition, "tt:Direction", "Backward");
  auto spot = add(options, "tt:TourSpot");
  auto detail = add(spot, "tt:PresetDetail");
  for (const auto& [number, preset] : device.head->presets())
    add(detail, "tt:PresetToken", std::to_string(number));
  add(detail, "tt:Home", "true");
  auto stay = add(spot, "tt:StayTime");
  add(stay, "tt:Min", protocols::xml_duration(HeadTour::shortest_stay));
  add(stay, "tt:Max", protocols::xml_duration(HeadTour::longest_stay));
  return {};
}

OnvifOutcome make_tour(OnvifDevice& device, OnvifCall& call) {
  const auto made = device.head->make_tour();
  if (!made) return ptz_refusal(made.error(), "", "ter:TooManyPresetTours");
  add(call.answer, "tptz:PresetTourToken", std::to_string(*made));
  return {};
}

OnvifOutcome change_tour(OnvifDevice& device, OnvifCall& call) {
  const auto node = child(call.request, "PresetTour");
  const std::string_view token = node.attribute("token").value();
  HeadTour tour;
  if (auto fault = read_tour(node, device, tour)) return fault;
  if (!device.head->change_tour(ptz_number(token), std::move(tour))) return no_ptz_token(token);
  return {};
}

OnvifOutcome remove_tour(OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "PresetTourToken");
  if (!device.head->forget_tour(ptz_number(token))) return no_ptz_token(token);
  return {};
}

OnvifOutcome operate_tour(OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "PresetTourToken"), operation = text_at(call.request, "Operation");
  const auto number = ptz_number(token);
  auto& head = *device.head;
  base::Result<> done;
  if (operation == "Start") {
    done = head.start_tour(number);
  } else if (operation == "Stop") {
    done = head.stop_tour(number);
  } else if (operation == "Pause") {
    done = head.pause_tour(number);
  } else {
    return refuse({"ter:InvalidArgVal"}, "a tour can be told to Start, Stop or Pause");
  }
  if (!done) return ptz_refusal(done.error(), token, "ter:ActivationFailed");
  return {};
}

}  // namespace

std::vector<OnvifOperation> ptz_tour_operations(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media, actuate = AccessClass::actuate;
  return {
      {"GetPresetTours", read, [&d](OnvifCall& c) { return tours(d, c); }},
      {"GetPresetTour", read, [&d](OnvifCall& c) { return one_tour(d, c); }},
      {"GetPresetTourOptions", read, [&d](OnvifCall& c) { return tour_options(d, c); }},
      {"CreatePresetTour", actuate, [&d](OnvifCall& c) { return make_tour(d, c); }},
      {"ModifyPresetTour", actuate, [&d](OnvifCall& c) { return change_tour(d, c); }},
      {"OperatePresetTour", actuate, [&d](OnvifCall& c) { return operate_tour(d, c); }},
      {"RemovePresetTour", actuate, [&d](OnvifCall& c) { return remove_tour(d, c); }},
  };
}

}  // namespace watchrig::camera
