#include "simulators/camera/picture/osd_board.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "simulators/scene/letters.hpp"
#include "simulators/scene/stamp_strip.hpp"

namespace watchrig::camera {

using base::Error;
using base::ErrorKind;

namespace {

bool is_one_of(std::string_view text, auto& list) { return std::ranges::find(list, text) != std::end(list); }

std::string date_of(base::UtcTime time, std::string_view format) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  const int y = int(day.year());
  const unsigned m = unsigned(day.month()), d = unsigned(day.day());
  if (format == "dd/MM/yyyy") return fmt::format("{:02}/{:02}/{}", d, m, y);
  if (format == "MM/dd/yyyy") return fmt::format("{:02}/{:02}/{}", m, d, y);
  return fmt::format("{}-{:02}-{:02}", y, m, d);
}

std::string time_of(base::UtcTime time, std::string_view format) {
  const std::chrono::hh_mm_ss clock(
      std::chrono::floor<std::chrono::seconds>(time - std::chrono::floor<std::chrono::days>(time)));
  const auto h = clock.hours().count(), m = clock.minutes().count(), s = clock.seconds().count();
  if (format != "hh:mm:ss tt") return fmt::format("{:02}:{:02}:{:02}", h, m, s);
  return fmt::format("{:02}:{:02}:{:02} {}", (h + 11) % 12 + 1, m, s, h < 12 ? "AM" : "PM");
}

std::string text_of(const OsdLine& line, base::UtcTime time) {
  if (line.kind == "Plain") return line.text;
  if (line.kind == "Date") return date_of(time, line.date_format);
  if (line.kind == "Time") return time_of(time, line.time_format);
  return date_of(time, line.date_format) + " " + time_of(time, line.time_format);
}

std::size_t letters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

OsdBoard::OsdBoard(const std::string& name) {
  OsdLine title, time;
  title.text = name.substr(0, longest);
  title.place = "LowerLeft";
  time.kind = "DateAndTime";
  time.place = "UpperRight";
  for (auto* line : {&title, &time}) (void)create(*line);
  first_ = lines_;
}

void OsdBoard::forget() {
  const std::lock_guard lock(mutex_);
  lines_ = first_;
}

std::vector<OsdLine> OsdBoard::lines() const {
  const std::lock_guard lock(mutex_);
  std::vector<OsdLine> all;
  for (const auto& [token, line] : lines_) all.push_back(line);
  return all;
}

base::Result<> OsdBoard::check(const OsdLine& line) const {
  const auto invalid = [](std::string why) { return Error{ErrorKind::invalid, std::move(why)}; };
  if (!is_one_of(line.kind, kinds)) return invalid(fmt::format("there is no type \"{}\"", line.kind));
  if (!is_one_of(line.place, places)) return invalid(fmt::format("there is no position \"{}\"", line.place));
  if (!(std::abs(line.x) <= 1 && std::abs(line.y) <= 1)) return invalid("a position is from -1 to 1");
  if (line.kind == "Plain" && (line.text.empty() || letters_in(line.text) > longest))
    return invalid(fmt::format("a text has 1 to {} letters", longest));
  if (!line.date_format.empty() && !is_one_of(line.date_format, date_formats))
    return invalid(fmt::format("there is no date format \"{}\"", line.date_format));
  if (!line.time_format.empty() && !is_one_of(line.time_format, time_formats))
    return invalid(fmt::format("there is no time format \"{}\"", line.time_format));
  std::size_t same = 0, others = 0;
  const bool plain = line.kind == "Plain";
  for (const auto& [token, one] : lines_) {
    if (token == line.token) continue;
    ++others;
    if ((one.kind == "Plain") == plain) ++same;
  }
  if (others >= most || same >= (plain ? most_plain : most_times))
    return Error{ErrorKind::full, "there is no room for another line"};
  return {};
}

base::Result<std::string> OsdBoard::create(OsdLine line) {
  const std::lock_guard lock(mutex_);
  line.token.clear();
  if (auto checked = check(line); !checked) return checked.error();
  line.token = fmt::format("osd-{:03}", ++named_);
  lines_[line.token] = line;
  return line.token;
}

base::Result<> OsdBoard::change(const OsdLine& line) {
  const std::lock_guard lock(mutex_);
  const auto known = lines_.find(line.token);
  if (known == lines_.end()) return Error{ErrorKind::not_found, "there is no such line"};
  if (auto checked = check(line); !checked) return checked;
  known->second = line;
  return {};
}

base::Result<> OsdBoard::remove(std::string_view token) {
  const std::lock_guard lock(mutex_);
  const auto known = lines_.find(token);
  if (known == lines_.end()) return Error{ErrorKind::not_found, "there is no such line"};
  lines_.erase(known);
  return {};
}

void OsdBoard::draw(media::Picture& picture, base::UtcTime captured) const {
  const auto cell = scene::letter_cell(picture.height);
  const int top = scene::stamp_strip_height(picture.width, picture.height), edge = cell.height / 2;
  const int height = picture.height - top;
  for (const auto& line : lines()) {
    const auto text = text_of(line, captured + base::Duration(ahead_.load()));
    const int wide = cell.width * static_cast<int>(letters_in(text));
    const int last_left = picture.width - wide, last_top = picture.height - cell.height;
    int left = static_cast<int>(std::lround((line.x + 1) / 2 * picture.width));
    int upper = top + static_cast<int>(std::lround((1 - line.y) / 2 * height));
    if (line.place != "Custom") {
      left = line.place.ends_with("Left") ? edge : last_left - edge;
      upper = line.place.starts_with("Upper") ? top + edge : last_top - edge;
    }
    scene::write_letters(picture, text, std::clamp(left, 0, std::max(0, last_left)),
                         std::clamp(upper, top + 1, std::max(top + 1, last_top)));
  }
}

}  // namespace watchrig::camera
