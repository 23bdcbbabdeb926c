// Texts in the pictures (ONVIF Media 5.14, Media2 5.9): the same operations of both versions.
#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/picture/osd_board.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::text_at;

/// With the prefix of the service that was asked.
std::string named(const OnvifCall& call, const char* name) {
  const std::string_view answer = call.answer.name();
  return fmt::format("{}:{}", answer.substr(0, answer.find(':')), name);
}

/// Coordinates as they were given: a float of six digits.
std::string number(double value) { return fmt::format("{:.6g}", value); }

void fill_line(pugi::xml_node node, const OsdLine& line) {
  node.append_attribute("token") = line.token.c_str();
  add(node, "tt:VideoSourceConfigurationToken", video_source_configuration);
  add(node, "tt:Type", "Text");
  auto position = add(node, "tt:Position");
  add(position, "tt:Type", line.place);
  if (line.place == "Custom") {
    auto place = add(position, "tt:Pos");
    place.append_attribute("x") = number(line.x).c_str();
    place.append_attribute("y") = number(line.y).c_str();
  }
  auto text = add(node, "tt:TextString");
  add(text, "tt:Type", line.kind);
  if (!line.date_format.empty()) add(text, "tt:DateFormat", line.date_format);
  if (!line.time_format.empty()) add(text, "tt:TimeFormat", line.time_format);
  if (line.kind == "Plain") add(text, "tt:PlainText", line.text);
}

/// Leading blanks belong to a text, so it is not trimmed.
OnvifOutcome read_line(pugi::xml_node node, OsdLine& line) {
  line.token = node.attribute("token").value();
  if (text_at(node, "VideoSourceConfigurationToken") != video_source_configuration)
    return refuse({"ter:InvalidArgVal", "ter:NoConfig"}, "there is no such video source configuration");
  if (text_at(node, "Type") != "Text")
    return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, "only texts can be written into the pictures");
  line.place = text_at(node, "Position/Type");
  const auto place = protocols::node_at(node, "Position/Pos");
  if (line.place == "Custom") {
    const auto x = base::parse_number<double>(place.attribute("x").value()),
               y = base::parse_number<double>(place.attribute("y").value());
    if (!x || !y) return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, "a custom position needs x and y");
    line.x = *x;
    line.y = *y;
  }
  const auto text = child(node, "TextString");
  line.kind = text_at(text, "Type");
  line.date_format = text_at(text, "DateFormat");
  line.time_format = text_at(text, "TimeFormat");
  if (line.kind == "Plain") line.text = child(text, "PlainText").text().get();
  return {};
}

OnvifOutcome refusal(const base::Error& error) {
  if (error.kind == base::ErrorKind::not_found)
    return refuse({"ter:InvalidArgVal", "ter:NoConfig"}, error.message);
  if (error.kind == base::ErrorKind::full)
    return protocols::SoapFault{
        protocols::SoapFault::Blame::receiver, {"ter:Action", "ter:MaxOSDs"}, error.message};
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, error.message);
}

OnvifOutcome lines(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "OSDToken"),
             configuration = text_at(call.request, "ConfigurationToken");
  if (!configuration.empty() && configuration != video_source_configuration)
    return refuse({"ter:InvalidArgVal", "ter:NoConfig"}, "there is no such video source configuration");
  bool found = token.empty();
  for (const auto& line : device.osd->lines()) {
    if (!token.empty() && line.token != token) continue;
    found = true;
    fill_line(add(call.answer, named(call, "OSDs")), line);
  }
  if (!found) return refuse({"ter:InvalidArgVal", "ter:NoConfig"}, "there is no such line");
  return {};
}

/// Of version 1 only.
OnvifOutcome one_line(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& line : device.osd->lines()) {
    if (line.token != text_at(call.request, "OSDToken")) continue;
    fill_line(add(call.answer, "trt:OSD"), line);
    return {};
  }
  return refuse({"ter:InvalidArgVal", "ter:NoConfig"}, "there is no such line");
}

OnvifOutcome options(OnvifCall& call) {
  if (text_at(call.request, "ConfigurationToken") != video_source_configuration)
    return refuse({"ter:InvalidArgVal", "ter:NoConfig"}, "there is no such video source configuration");
  auto node = add(call.answer, named(call, "OSDOptions"));
  auto room = add(node, "tt:MaximumNumberOfOSDs");
  room.append_attribute("Total") = unsigned(OsdBoard::most);
  room.append_attribute("PlainText") = unsigned(OsdBoard::most_plain);
  for (const char* kind : {"Date", "Time", "DateAndTime"})
    room.append_attribute(kind) = unsigned(OsdBoard::most_times);
  add(node, "tt:Type", "Text");
  for (const auto place : OsdBoard::places) add(node, "tt:PositionOption", place);
  auto text = add(node, "tt:TextOption");
  for (const auto kind : OsdBoard::kinds) add(text, "tt:Type", kind);
  for (const auto format : OsdBoard::date_formats) add(text, "tt:DateFormat", format);
  for (const auto format : OsdBoard::time_formats) add(text, "tt:TimeFormat", format);
  return {};
}

OnvifOutcome create(const OnvifDevice& device, OnvifCall& call) {
  OsdLine line;
  if (auto fault = read_line(child(call.request, "OSD"), line)) return fault;
  const auto token = device.osd->create(line);
  if (!token) return refusal(token.error());
  add(call.answer, named(call, "OSDToken"), *token);
  return {};
}

OnvifOutcome change(const OnvifDevice& device, OnvifCall& call) {
  OsdLine line;
  if (auto fault = read_line(child(call.request, "OSD"), line)) return fault;
  const auto done = device.osd->change(line);
  return done ? OnvifOutcome() : refusal(done.error());
}

OnvifOutcome remove(const OnvifDevice& device, OnvifCall& call) {
  const auto done = device.osd->remove(text_at(call.request, "OSDToken"));
  return done ? OnvifOutcome() : refusal(done.error());
}

}  // namespace

std::vector<OnvifOperation> osd_operations(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media, actuate = AccessClass::actuate;
  return {
      {"GetOSDs", read, [&d](OnvifCall& c) { return lines(d, c); }},
      {"GetOSDOptions", read, options},
      {"CreateOSD", actuate, [&d](OnvifCall& c) { return create(d, c); }},
      {"SetOSD", actuate, [&d](OnvifCall& c) { return change(d, c); }},
      {"DeleteOSD", actuate, [&d](OnvifCall& c) { return remove(d, c); }},
  };
}

std::vector<OnvifOperation> osd_operations1(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  return {
      {"GetOSD", read, [&d](OnvifCall& c) { return one_line(d, c); }},
  };
}

}  // namespace watchrig::camera
