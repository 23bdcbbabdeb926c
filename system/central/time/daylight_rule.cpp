#include "system/central/time/daylight_rule.hpp"

#include "system/base/text.hpp"

namespace watchrig::central {

namespace chrono = std::chrono;

namespace {

constexpr unsigned last_week = 5;

FieldError refuse(std::string field, std::string message) {
  return {field, {base::ErrorKind::invalid, field + " " + std::move(message)}};
}

std::optional<chrono::minutes> parse_time(std::string_view text) {
  const auto [hours, minutes] = base::split_once(text, ':');
  const auto h = base::parse_number<unsigned>(hours);
  const auto m = base::parse_number<unsigned>(minutes);
  if (!h || !m || *h > 23 || *m > 59 || minutes.size() != 2) return std::nullopt;
  return chrono::hours(*h) + chrono::minutes(*m);
}

std::optional<WallTime> parse_date(std::string_view text) {
  const auto [date, time] = base::split_once(text, ' ');
  const auto minutes = parse_time(time);
  const auto parts = base::split(date, '-');
  if (!minutes || parts.size() != 3) return std::nullopt;
  const auto year = base::parse_number<int>(parts[0]);
  const auto month = base::parse_number<unsigned>(parts[1]);
  const auto day = base::parse_number<unsigned>(parts[2]);
  if (!year || !month || !day || *year < 1970 || *year > 2199) return std::nullopt;
  const chrono::year_month_day ymd{chrono::year(*year), chrono::month(*month), chrono::day(*day)};
  if (!ymd.ok()) return std::nullopt;
  return chrono::local_days(ymd) + *minutes;
}

}  // namespace

std::optional<DaylightRule::Day> DaylightRule::parse_day(std::string_view text) {
  const auto [date, time] = base::split_once(text, ' ');
  const auto minutes = parse_time(time);
  const auto parts = base::split(date, '.');
  if (!minutes || parts.size() != 3) return std::nullopt;
  const auto month = base::parse_number<unsigned>(parts[0]);
  const auto week = base::parse_number<unsigned>(parts[1]);
  const auto weekday = base::parse_number<unsigned>(parts[2]);
  if (!month || !week || !weekday || *month < 1 || *month > 12 || *week < 1 || *week > last_week ||
      *weekday > 6)
    return std::nullopt;
  return Day{*month, *week, *weekday, *minutes};
}

FieldResult<DaylightRule> DaylightRule::by_date(std::string_view start, std::string_view end,
                                                chrono::minutes shift) {
  constexpr auto form = "must be a time such as 2026-03-29 02:00";
  const auto from = parse_date(start);
  const auto to = parse_date(end);
  if (!from) return refuse("daylight_start", form);
  if (!to) return refuse("daylight_end", form);
  if (*to - shift <= *from) return refuse("daylight_end", "must be later than daylight_start");
  DaylightRule rule;
  rule.start_ = *from;
  rule.end_ = *to;
  rule.shift_ = shift;
  return rule;
}

FieldResult<DaylightRule> DaylightRule::by_week(std::string_view start, std::string_view end,
                                                chrono::minutes shift) {
  constexpr auto form =
      "must be month.week.weekday and a time, such as 3.5.0 02:00 for the last Sunday of March";
  const auto from = parse_day(start);
  const auto to = parse_day(end);
  if (!from) return refuse("daylight_start", form);
  if (!to) return refuse("daylight_end", form);
  if (from->month == to->month) return refuse("daylight_end", "must be in another month than daylight_start");
  DaylightRule rule;
  rule.yearly_ = true;
  rule.first_ = *from;
  rule.last_ = *to;
  rule.shift_ = shift;
  return rule;
}

WallTime DaylightRule::in_year(const Day& day, chrono::year year) {
  const chrono::weekday weekday(day.weekday);
  const auto month = year / chrono::month(day.month);
  const auto date = day.week == last_week ? chrono::local_days(month / weekday[chrono::last])
                                          : chrono::local_days(month / weekday[day.week]);
  return date + day.time;
}

bool DaylightRule::in_force(WallTime standard) const {
  if (!yearly_) return standard >= start_ && standard < end_ - shift_;
  const auto year = chrono::year_month_day(chrono::floor<chrono::days>(standard)).year();
  const auto start = in_year(first_, year);
  const auto end = in_year(last_, year) - shift_;
  if (start < end) return standard >= start && standard < end;
  return standard >= start || standard < end;  // over the turn of the year, as in the south
}

}  // namespace watchrig::central
