#include "system/protocols/onvif/xml_time.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::protocols {

namespace {

using Seconds = std::chrono::duration<double>;

constexpr double day = 86400;
constexpr double longest = 100 * 365 * day;

struct Unit {
  char name;
  double seconds;
};
constexpr Unit of_dates[] = {{'Y', 365 * day}, {'M', 30 * day}, {'W', 7 * day}, {'D', day}};
constexpr Unit of_times[] = {{'H', 3600}, {'M', 60}, {'S', 1}};

bool is_part_of_number(char c) { return (c >= '0' && c <= '9') || c == '.'; }

/// Adds "2H30M"; false when it is something else.
bool add_parts(std::string_view text, std::span<const Unit> units, double& sum) {
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, is_part_of_number) - text.begin();
    const auto number = base::parse_number<double>(text.substr(0, static_cast<std::size_t>(end)));
    if (!number || static_cast<std::size_t>(end) == text.size()) return false;
    const auto unit = std::ranges::find(units, text[static_cast<std::size_t>(end)], &Unit::name);
    if (unit == units.end()) return false;
    sum += *number * unit->seconds;
    units = units.subspan(static_cast<std::size_t>(unit - units.begin()) + 1);
    text.remove_prefix(static_cast<std::size_t>(end) + 1);
  }
  return true;
}

/// "+02:00" as a duration.
std::optional<base::Duration> parse_offset(std::string_view text) {
  if (text.size() != 6 || text[3] != ':') return std::nullopt;
  const auto hours = base::parse_number<int>(text.substr(1, 2));
  const auto minutes = base::parse_number<int>(text.substr(4, 2));
  if (!hours || !minutes || *hours < 0 || *hours > 14 || *minutes < 0 || *minutes > 59) return std::nullopt;
  const base::Duration offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<base::Duration> parse_xml_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.size() < 3 || text.size() > 64 || text.front() != 'P') return std::nullopt;
  const auto [date, time] = base::split_once(text.substr(1), 'T');
  double seconds = 0;
  if (text.ends_with('T') || !add_parts(date, of_dates, seconds) || !add_parts(time, of_times, seconds))
    return std::nullopt;
  if (!(seconds <= longest)) return std::nullopt;
  return std::chrono::round<base::Duration>(Seconds(negative ? -seconds : seconds));
}

std::string xml_duration(base::Duration duration) {
  const bool negative = duration < base::Duration::zero();
  const auto seconds = std::chrono::duration_cast<Seconds>(negative ? -duration : duration).count();
  return fmt::format("{}PT{}S", negative ? "-" : "", seconds);
}

std::optional<base::UtcTime> parse_xml_time(std::string_view text) {
  constexpr std::size_t without_fraction = 19;
  if (text.size() < without_fraction || text.size() > 64) return std::nullopt;
  const auto zone_at = text.find_first_of("Z+-", without_fraction);
  std::string time(text.substr(0, zone_at));
  base::Duration offset{};
  if (zone_at != std::string_view::npos && text.substr(zone_at) != "Z") {
    const auto parsed = parse_offset(text.substr(zone_at));
    if (!parsed) return std::nullopt;
    offset = *parsed;
  }
  // As many digits of a second as we keep.
  time.resize(std::min<std::size_t>(time.size(), without_fraction + 10));
  const auto parsed = base::parse_utc(time + "Z");
  if (!parsed) return std::nullopt;
  return *parsed - offset;
}

}  // namespace watchrig::protocols
