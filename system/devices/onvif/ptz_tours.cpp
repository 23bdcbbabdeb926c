#include "system/devices/onvif/ptz_tours.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/protocols/onvif/soap_message.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::devices {

namespace {

using protocols::add;
using protocols::child;
using protocols::children;
using protocols::text_at;

constexpr std::size_t most_tours = 1024, most_spots = 1024;

PtzTourSpot read_spot(pugi::xml_node node) {
  PtzTourSpot spot;
  spot.preset = text_at(node, "PresetDetail/PresetToken");
  const auto speed = child(child(node, "Speed"), "PanTilt").attribute("x");
  spot.speed = base::parse_number<double>(std::string_view(speed.value())).value_or(1);
  if (!(spot.speed > 0 && spot.speed <= 1)) spot.speed = 1;
  spot.stay = protocols::parse_xml_duration(text_at(node, "StayTime")).value_or(base::Duration{});
  return spot;
}

}  // namespace

std::vector<PtzTour> read_ptz_tours(pugi::xml_node answer) {
  std::vector<PtzTour> tours;
  for (const auto& node : children(answer, "PresetTour")) {
    if (tours.size() == most_tours) break;
    PtzTour tour;
    tour.token = node.attribute("token").value();
    tour.name = text_at(node, "Name").substr(0, 255);
    const auto state = text_at(node, "Status/State");
    tour.running = state == "Touring" || state == "Paused";
    for (const auto& spot : children(node, "TourSpot")) {
      if (tour.spots.size() < most_spots) tour.spots.push_back(read_spot(spot));
    }
    tours.push_back(std::move(tour));
  }
  return tours;
}

void add_ptz_tour(pugi::xml_node request, const PtzTour& tour) {
  auto node = add(request, "tptz:PresetTour");
  node.append_attribute("token") = tour.token.c_str();
  add(node, "tt:Name", tour.name);
  add(add(node, "tt:Status"), "tt:State", "Idle");
  add(node, "tt:AutoStart", "false");
  add(node, "tt:StartingCondition");
  for (const auto& spot : tour.spots) {
    auto place = add(node, "tt:TourSpot");
    add(add(place, "tt:PresetDetail"), "tt:PresetToken", spot.preset);
    const auto text = fmt::format("{:.6g}", spot.speed);
    auto speed = add(place, "tt:Speed");
    auto plane = add(speed, "tt:PanTilt");
    plane.append_attribute("x") = text.c_str();
    plane.append_attribute("y") = text.c_str();
    add(speed, "tt:Zoom").append_attribute("x") = text.c_str();
    add(place, "tt:StayTime", protocols::xml_duration(spot.stay));
  }
}

}  // namespace watchrig::devices
