#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "system/central/field_error.hpp"

namespace watchrig::central {

/// What operators arrange for their screens.
enum class LayoutKind {
  view_group,   ///< holds views, and one level of further groups
  view,         ///< windows with channels
  video_group,  ///< channels that are opened together
  map,          ///< a picture of an area, with channels and alarm inputs on it
  icon,         ///< a picture for a thing on a map
};

struct Layout {
  LayoutKind kind = LayoutKind::view;
  std::int64_t number = 0;      ///< its id is "v7": the letter of its kind and this, never used again
  std::int64_t parent = 0;      ///< the group of a view or group; 0: none
  std::string name;             ///< 1 to 64 characters (IVSS 7.1.1.1), of a view or group unique in its group
  boost::json::object content;  ///< by kind, see check_content
  std::int64_t version = 1;
};

struct LayoutRule {
  LayoutKind kind;
  char letter;
  std::string_view title;  ///< for messages
  std::size_t most;
};
/// One for each kind: 100 view groups (IVSS 7.1.1.1), 100 views (IVSS 1.2).
const LayoutRule& rule_of(LayoutKind kind);

std::string id_of(const Layout& layout);

constexpr std::size_t most_group_channels = 256;
constexpr std::size_t most_map_items = 1000;
constexpr std::size_t most_picture_bytes = std::size_t{1} << 20;

/// The name and what the content may hold; other members are refused:
/// - view: `windows`, a list of `{"window":1,"channel":"c1","stream":"main"}`, each window once;
/// - video group: `channels`, a list of ids, each once;
/// - map: `area`, and `items`, a list of `{"channel":"c1"}` or `{"device":"d1","input":1}` with x and y from
/// 0 to 1
///   and perhaps an `icon`.
/// A view has at most `most_windows`, with numbers up to that.
FieldResult<void> check_layout(const Layout& layout, std::size_t most_windows);

/// The highest number of a window of a view; 0 where it has none.
std::size_t highest_window(const Layout& layout);

/// "image/png" or "image/jpeg" by its first and last bytes; empty for anything else.
std::string_view picture_type(std::string_view bytes);

}  // namespace watchrig::central
