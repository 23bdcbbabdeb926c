#include "system/central/schedules/week_periods.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::central {

namespace chrono = std::chrono;
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 7> days{"monday", "tuesday",  "wednesday", "thursday",
                                               "friday", "saturday", "sunday"};
constexpr unsigned minutes_of_a_day = 24 * 60;

std::optional<unsigned> minutes_from(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = base::parse_number<unsigned>(text.substr(0, 2));
  const auto minutes = base::parse_number<unsigned>(text.substr(3));
  if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > minutes_of_a_day) return std::nullopt;
  return *hours * 60 + *minutes;
}

std::string text_of(unsigned minutes) { return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60); }

}  // namespace

FieldResult<WeekPeriod> week_period_from(const json::value& value, const std::string& prefix) {
  const auto refuse = [&](std::string_view name, std::string_view what) {
    const auto field = fmt::format("{}.{}", prefix, name);
    return FieldError{field, {base::ErrorKind::invalid, fmt::format("{} {}", field, what)}};
  };
  const auto* object = value.if_object();
  if (!object) return FieldError{prefix, {base::ErrorKind::invalid, prefix + " must be an object"}};
  const auto text = [&](std::string_view name) {
    const auto* member = object->if_contains(name);
    return member && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
  };
  for (const auto& member : *object) {
    const std::string_view name = member.key();
    if (name != "day" && name != "from" && name != "to") return refuse(name, "is not a field of a period");
  }
  const auto day = std::find(days.begin(), days.end(), text("day"));
  if (day == days.end()) return refuse("day", "must be monday to sunday");
  const auto begin = minutes_from(text("from"));
  const auto end = minutes_from(text("to"));
  if (!begin) return refuse("from", "must be a time such as 08:00");
  if (!end) return refuse("to", "must be a time such as 18:00, or 24:00");
  if (*end <= *begin) return refuse("to", "must be later than from");
  return WeekPeriod{static_cast<unsigned>(day - days.begin()), *begin, *end};
}

json::object to_json(const WeekPeriod& period) {
  return {{"day", days[period.day]}, {"from", text_of(period.begin)}, {"to", text_of(period.end)}};
}

std::vector<WeekPeriod> joined_periods(std::vector<WeekPeriod> periods) {
  std::sort(periods.begin(), periods.end());
  std::vector<WeekPeriod> result;
  for (const auto& period : periods) {
    if (!result.empty() && result.back().day == period.day && period.begin <= result.back().end) {
      result.back().end = std::max(result.back().end, period.end);
    } else {
      result.push_back(period);
    }
  }
  return result;
}

bool contains(const std::vector<WeekPeriod>& periods, const LocalTime& local, base::UtcTime time) {
  const auto wall = local.wall(time);
  const auto midnight = chrono::floor<chrono::days>(wall);
  const unsigned day = chrono::weekday(midnight).iso_encoding() - 1;
  const auto minute = static_cast<unsigned>(chrono::floor<chrono::minutes>(wall - midnight).count());
  return std::any_of(periods.begin(), periods.end(), [&](const WeekPeriod& period) {
    return period.day == day && minute >= period.begin && minute < period.end;
  });
}

}  // namespace watchrig::central
