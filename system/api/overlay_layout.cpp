#include "system/api/overlay_layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::FieldResult;
using devices::OverlayState;
using devices::PictureOverlay;
using Align = OverlayBlock::Align;
using Kind = PictureOverlay::Kind;

namespace {

constexpr std::array<std::pair<const char*, Align>, 3> alignments{
    {{"left", Align::left}, {"centre", Align::centre}, {"right", Align::right}}};

/// How far coordinates that came back from a device may be off.
constexpr double tolerance = 0.004;

constexpr OverlayPlace usual_name{0.02, 0.93}, usual_time{0.6, 0.02};

std::size_t letters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_name(const PictureOverlay& overlay, const std::string& channel_name) {
  return overlay.kind == Kind::text && base::trim(overlay.text) == channel_name;
}

/// The texts without the name, from above to below.
std::vector<PictureOverlay> other_texts(const OverlayState& state, const std::string& channel_name) {
  std::vector<PictureOverlay> texts;
  bool named = false;
  for (const auto& overlay : state.overlays) {
    const bool name = !named && is_name(overlay, channel_name);
    named = named || name;
    if (overlay.kind == Kind::text && !name) texts.push_back(overlay);
  }
  std::ranges::stable_sort(texts, {}, &PictureOverlay::y);
  return texts;
}

/// Tells from leading blanks how lines are aligned, and takes the blanks away.
void read_alignment(OverlayBlock& block) {
  std::size_t longest = 0;
  bool moved = false, flush = true;
  for (const auto& line : block.lines) longest = std::max(longest, letters_in(line));
  for (const auto& line : block.lines) {
    moved = moved || line.starts_with(' ');
    flush = flush && letters_in(line) == longest;
  }
  if (moved) block.align = flush ? Align::right : Align::centre;
  for (auto& line : block.lines) line = std::string(base::trim(line));
}

std::vector<OverlayBlock> blocks_of(const std::vector<PictureOverlay>& texts) {
  std::vector<OverlayBlock> blocks;
  for (const auto& text : texts) {
    const auto found = std::ranges::find_if(blocks, [&](const OverlayBlock& block) {
      const double next = block.at.y + OverlayLayout::line_step * static_cast<double>(block.lines.size());
      return std::abs(block.at.x - text.x) < tolerance && std::abs(next - text.y) < tolerance;
    });
    if (found == blocks.end()) {
      blocks.push_back({{text.text}, Align::left, {text.x, text.y}});
    } else {
      found->lines.push_back(text.text);
    }
  }
  for (auto& block : blocks) read_alignment(block);
  return blocks;
}

std::vector<PictureOverlay> lines_of(const std::vector<OverlayBlock>& blocks) {
  std::vector<PictureOverlay> lines;
  for (const auto& block : blocks) {
    std::size_t longest = 0;
    for (const auto& line : block.lines) longest = std::max(longest, letters_in(line));
    double y = block.at.y;
    for (const auto& line : block.lines) {
      const auto missing = longest - letters_in(line);
      const auto blanks = block.align == Align::left    ? 0
                          : block.align == Align::right ? missing
                                                        : missing / 2;
      lines.push_back({{}, Kind::text, std::string(blanks, ' ') + line, block.at.x, y});
      y += OverlayLayout::line_step;
    }
  }
  return lines;
}

OverlayPlace read_place(FieldReader& fields) {
  OverlayPlace at;
  for (const auto& [name, part] : {std::pair{"x", &at.x}, {"y", &at.y}}) {
    *part = fields.real(name, 0);
    if (!(*part >= 0 && *part <= 1)) fields.refuse(name, "must be 0 to 1");
  }
  return at;
}

std::optional<OverlayWishes::Shown> read_shown(FieldReader& fields, const char* name) {
  if (!fields.member(name)) return std::nullopt;
  const auto object = fields.object(name);
  FieldReader own(object, fmt::format("{}.", name));
  OverlayWishes::Shown shown;
  shown.shown = own.flag("shown", true);
  if (object.contains("x") || object.contains("y")) {
    own.require("x");
    own.require("y");
    shown.at = read_place(own);
  }
  own.known("x");
  own.known("y");
  own.no_others();
  if (own.error()) fields.adopt(*own.error());
  return shown;
}

void read_lines(FieldReader& own, OverlayBlock& block) {
  for (const auto& text : own.texts("lines")) {
    const std::string line(base::trim(text));
    const bool printable =
        std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    if (line.empty() || letters_in(line) > OverlayLayout::longest || !printable)
      own.refuse("lines", fmt::format("must have 1 to {} letters each", OverlayLayout::longest));
    block.lines.push_back(line);
  }
  if (block.lines.empty() || block.lines.size() > OverlayLayout::most_lines)
    own.refuse("lines", fmt::format("must be 1 to {}", OverlayLayout::most_lines));
}

OverlayBlock read_block(FieldReader& fields, const json::value& value, std::size_t place) {
  OverlayBlock block;
  const auto* object = value.if_object();
  if (!object) {
    fields.refuse("texts", "must be a list of objects");
    return block;
  }
  FieldReader own(*object, fmt::format("texts.{}.", place));
  read_lines(own, block);
  const auto align = own.text("align", "left");
  const auto* known = std::ranges::find(alignments, align, &std::pair<const char*, Align>::first);
  if (known == alignments.end()) own.refuse("align", "must be left, centre or right");
  if (known != alignments.end()) block.align = known->second;
  own.require("x");
  own.require("y");
  block.at = read_place(own);
  const double last = block.at.y + OverlayLayout::line_step * (static_cast<double>(block.lines.size()) - 1);
  if (last > 1) own.refuse("y", "leaves no room in the picture for so many lines");
  own.no_others();
  if (own.error()) fields.adopt(*own.error());
  return block;
}

/// Has the list show one of a kind or not; the others of it, which somebody else has made, go with it.
void apply_shown(std::vector<PictureOverlay>& overlays, const OverlayWishes::Shown& wish, auto&& is_it,
                 PictureOverlay fresh) {
  const auto known = std::ranges::find_if(overlays, is_it);
  if (!wish.shown) {
    std::erase_if(overlays, is_it);
    return;
  }
  if (known == overlays.end()) {
    if (wish.at) std::tie(fresh.x, fresh.y) = std::tie(wish.at->x, wish.at->y);
    overlays.push_back(std::move(fresh));
  } else if (wish.at) {
    std::tie(known->x, known->y) = std::tie(wish.at->x, wish.at->y);
  }
}

json::object shown_json(const std::optional<OverlayPlace>& place) {
  if (!place) return {{"shown", false}};
  return {{"shown", true}, {"x", place->x}, {"y", place->y}};
}

}  // namespace

OverlayLayout OverlayLayout::of(const OverlayState& state, const std::string& channel_name) {
  OverlayLayout layout;
  for (const auto& overlay : state.overlays) {
    if (!layout.name && is_name(overlay, channel_name)) layout.name = {overlay.x, overlay.y};
    if (!layout.time && overlay.kind == Kind::time) layout.time = {overlay.x, overlay.y};
  }
  layout.texts = blocks_of(other_texts(state, channel_name));
  return layout;
}

FieldResult<OverlayWishes> OverlayWishes::read(const json::object& body) {
  FieldReader fields(body);
  OverlayWishes wishes;
  wishes.name = read_shown(fields, "name");
  wishes.time = read_shown(fields, "time");
  if (const auto* texts = fields.member("texts")) {
    auto& blocks = wishes.texts.emplace();
    const auto* list = texts->if_array();
    if (!list || list->size() > OverlayLayout::most_texts) {
      fields.refuse("texts", fmt::format("must be a list of at most {}", OverlayLayout::most_texts));
    } else {
      for (std::size_t i = 0; i < list->size(); ++i) blocks.push_back(read_block(fields, list->at(i), i));
    }
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return wishes;
}

std::vector<PictureOverlay> OverlayWishes::applied(const OverlayState& state,
                                                   const std::string& channel_name) const {
  auto overlays = state.overlays;
  if (texts) {
    const auto before = other_texts(state, channel_name);
    const auto is_before = [&](const PictureOverlay& one) {
      return std::ranges::find(before, one.token, &PictureOverlay::token) != before.end();
    };
    std::erase_if(overlays, is_before);
    auto lines = lines_of(*texts);
    for (std::size_t i = 0; i < lines.size() && i < before.size(); ++i) lines[i].token = before[i].token;
    overlays.insert(overlays.end(), lines.begin(), lines.end());
  }
  const auto named = [&](const PictureOverlay& one) { return is_name(one, channel_name); };
  const auto times = [](const PictureOverlay& one) { return one.kind == Kind::time; };
  if (name) apply_shown(overlays, *name, named, {{}, Kind::text, channel_name, usual_name.x, usual_name.y});
  if (time) apply_shown(overlays, *time, times, {{}, Kind::time, {}, usual_time.x, usual_time.y});
  return overlays;
}

std::vector<PictureOverlay> renamed_overlays(const OverlayState& state, const std::string& before,
                                             const std::string& name) {
  auto overlays = state.overlays;
  const auto own =
      std::ranges::find_if(overlays, [&](const PictureOverlay& one) { return is_name(one, before); });
  if (own != overlays.end()) own->text = name;
  return overlays;
}

json::object to_json(const OverlayLayout& layout) {
  json::array texts;
  for (const auto& block : layout.texts) {
    const auto* align = std::ranges::find(alignments, block.align, &std::pair<const char*, Align>::second);
    texts.push_back({{"lines", json::array(block.lines.begin(), block.lines.end())},
                     {"align", align->first},
                     {"x", block.at.x},
                     {"y", block.at.y}});
  }
  return {{"name", shown_json(layout.name)}, {"time", shown_json(layout.time)}, {"texts", std::move(texts)}};
}

}  // namespace watchrig::api
