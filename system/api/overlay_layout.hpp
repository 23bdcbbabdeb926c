#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/api/request_fields.hpp"
#include "system/devices/picture_overlays.hpp"

namespace watchrig::api {

/// Where something is written: its left upper corner, 0 to 1 from that of the picture.
struct OverlayPlace {
  double x = 0, y = 0;
};

/// Lines of text under each other.
struct OverlayBlock {
  enum class Align { left, centre, right };
  std::vector<std::string> lines;
  Align align = Align::left;
  OverlayPlace at;
};

/// What is written into the pictures of a channel, as people know it (IVSS 8.2.2.2.4): its name, the time,
/// and texts. A device knows single lines only; lines of a block are aligned by leading blanks, since
/// cameras write all letters as wide.
struct OverlayLayout {
  std::optional<OverlayPlace> name, time;  ///< nothing: not shown
  std::vector<OverlayBlock> texts;

  static constexpr std::size_t most_texts = 16, most_lines = 16, longest = 64;
  /// From one line of a block to the next.
  static constexpr double line_step = 0.06;

  /// Of the lines that a device writes the one that is the channel's name, and the others joined to blocks.
  static OverlayLayout of(const devices::OverlayState& state, const std::string& channel_name);
};

/// What a request changes of it; what is missing stays as it is.
struct OverlayWishes {
  struct Shown {
    bool shown = true;
    std::optional<OverlayPlace> at;  ///< nothing: where it is, else in a corner
  };
  std::optional<Shown> name, time;
  std::optional<std::vector<OverlayBlock>> texts;

  /// Refuses what is wrong, by fields such as "texts.1.lines".
  static central::FieldResult<OverlayWishes> read(const boost::json::object& body);

  /// The lines that the device is to write: those that stay keep their tokens, others take over the tokens of
  /// those that go.
  std::vector<devices::PictureOverlay> applied(const devices::OverlayState& state,
                                               const std::string& channel_name) const;
};

/// With the new name of the channel where its old one is written.
std::vector<devices::PictureOverlay> renamed_overlays(const devices::OverlayState& state,
                                                      const std::string& before, const std::string& name);

boost::json::object to_json(const OverlayLayout& layout);

}  // namespace watchrig::api
