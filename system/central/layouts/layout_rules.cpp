#include "system/central/layouts/layout_rules.hpp"

#include <algorithm>
#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/devices/device.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::ErrorKind;

namespace {

constexpr LayoutRule rules[] = {{LayoutKind::view_group, 'g', "view group", 100},
                                {LayoutKind::view, 'v', "view", 100},
                                {LayoutKind::video_group, 'k', "video group", 1000},
                                {LayoutKind::map, 'm', "map", 1000},
                                {LayoutKind::icon, 'i', "icon", 100}};
constexpr std::size_t longest_name = 64;

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_id(const json::value& value, char letter) {
  return value.is_string() && number_of_id(std::string_view(value.get_string()), letter) > 0;
}

/// A member that is a list, of objects or texts.
FieldResult<json::array> list_of(LayoutKind kind, const json::object& content, std::string_view name,
                                 std::size_t most) {
  const auto* list = content.if_contains(name);
  if (!list || !list->is_array()) return refuse(std::string(name), fmt::format("{} must be a list", name));
  const auto count = list->get_array().size();
  if (count > most) {
    return refuse(std::string(name),
                  fmt::format("a {} has at most {} {}, not {}", rule_of(kind).title, most, name, count));
  }
  return list->get_array();
}

FieldResult<void> only(const json::object& object, std::initializer_list<std::string_view> names,
                       std::string_view prefix) {
  for (const auto& member : object) {
    if (std::ranges::find(names, std::string_view(member.key())) == names.end())
      return refuse(fmt::format("{}{}", prefix, std::string_view(member.key())),
                    "there is no such field here");
  }
  return {};
}

FieldResult<void> check_windows(const json::object& content, std::size_t most_windows) {
  const auto list = list_of(LayoutKind::view, content, "windows", most_windows);
  if (!list) return list.error();
  std::set<std::int64_t> used;
  for (const auto& entry : *list) {
    if (!entry.is_object()) return refuse("windows", "a window is an object");
    const json::object& window = entry.get_object();
    if (auto known = only(window, {"window", "channel", "stream"}, "windows."); !known) return known;
    const auto* place = window.if_contains("window");
    if (!place || !place->is_int64() || place->get_int64() < 1 ||
        place->get_int64() > static_cast<std::int64_t>(most_windows)) {
      return refuse("windows.window", fmt::format("a window has a number from 1 to {}", most_windows));
    }
    if (!used.insert(place->get_int64()).second)
      return refuse("windows.window", fmt::format("window {} comes twice", place->get_int64()));
    const auto* channel = window.if_contains("channel");
    if (!channel || !is_id(*channel, 'c'))
      return refuse("windows.channel", "must be a channel such as \"c1\"");
    const auto* stream = window.if_contains("stream");
    if (stream && !(stream->is_string() && media::is_stream_name(stream->get_string())))
      return refuse("windows.stream",
                    fmt::format("must be one of {}", base::joined(media::stream_names, ", ")));
  }
  return {};
}

FieldResult<void> check_channels(const json::object& content) {
  const auto list = list_of(LayoutKind::video_group, content, "channels", most_group_channels);
  if (!list) return list.error();
  std::set<std::string> used;
  for (const auto& entry : *list) {
    if (!is_id(entry, 'c')) return refuse("channels", "a channel is a text such as \"c1\"");
    if (!used.insert(std::string(entry.get_string())).second)
      return refuse("channels", fmt::format("{} comes twice", std::string_view(entry.get_string())));
  }
  return {};
}

FieldResult<void> check_item(const json::object& item) {
  if (auto known = only(item, {"channel", "device", "input", "x", "y", "icon"}, "items."); !known)
    return known;
  for (const auto* name : {"x", "y"}) {
    const auto* value = item.if_contains(name);
    double at = -1;
    if (value && value->is_double()) at = value->get_double();
    if (value && value->is_int64()) at = static_cast<double>(value->get_int64());
    if (!(at >= 0 && at <= 1))
      return refuse(fmt::format("items.{}", name), "a place is from 0 to 1 of the picture");
  }
  const auto* icon = item.if_contains("icon");
  if (icon && !is_id(*icon, 'i')) return refuse("items.icon", "must be an icon such as \"i1\"");
  const auto* channel = item.if_contains("channel");
  const auto* device = item.if_contains("device");
  const auto* input = item.if_contains("input");
  if (channel && !device && !input) {
    if (is_id(*channel, 'c')) return {};
    return refuse("items.channel", "must be a channel such as \"c1\"");
  }
  if (channel || !device || !is_id(*device, 'd') || !input || !input->is_int64() || input->get_int64() < 1)
    return refuse("items", "a place is of a channel, or of a device and its input from 1 on");
  return {};
}

FieldResult<void> check_map(const json::object& content) {
  const auto* area = content.if_contains("area");
  if (!area || !area->is_string() || number_of_id(std::string_view(area->get_string()), 'a') < 0)
    return refuse("area", "must be an area such as \"a0\"");
  const auto list = list_of(LayoutKind::map, content, "items", most_map_items);
  if (!list) return list.error();
  for (const auto& entry : *list) {
    if (!entry.is_object()) return refuse("items", "a place is an object");
    if (auto valid = check_item(entry.get_object()); !valid) return valid;
  }
  return {};
}

}  // namespace

const LayoutRule& rule_of(LayoutKind kind) { return rules[static_cast<std::size_t>(kind)]; }

std::string id_of(const Layout& layout) {
  return fmt::format("{}{}", rule_of(layout.kind).letter, layout.number);
}

FieldResult<void> check_layout(const Layout& layout, std::size_t most_windows) {
  if (layout.name.empty() || characters(layout.name) > longest_name || !is_printable(layout.name)) {
    return refuse("name", fmt::format("a name has 1 to {} characters", longest_name));
  }
  switch (layout.kind) {
    case LayoutKind::view:
      return check_windows(layout.content, most_windows);
    case LayoutKind::video_group:
      return check_channels(layout.content);
    case LayoutKind::map:
      return check_map(layout.content);
    case LayoutKind::view_group:
    case LayoutKind::icon:
      break;
  }
  return {};
}

std::size_t highest_window(const Layout& layout) {
  std::int64_t highest = 0;
  const auto* windows = layout.content.if_contains("windows");
  if (layout.kind != LayoutKind::view || !windows || !windows->is_array()) return 0;
  for (const auto& window : windows->get_array()) {
    const auto* number = window.is_object() ? window.get_object().if_contains("window") : nullptr;
    if (number && number->is_int64()) highest = std::max(highest, number->get_int64());
  }
  return static_cast<std::size_t>(highest);
}

std::string_view picture_type(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv) && bytes.ends_with("IEND\xae\x42\x60\x82"sv))
    return "image/png";
  if (bytes.size() > 4 && bytes.starts_with("\xff\xd8\xff"sv) && bytes.ends_with("\xff\xd9"sv))
    return "image/jpeg";
  return {};
}

}  // namespace watchrig::central
