#include "system/base/clock.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::base {
namespace {

using std::chrono::duration_cast;

Duration scaled(Duration duration, double factor) {
  if (factor == 1.0) return duration;
  return Duration(std::llround(static_cast<double>(duration.count()) * factor));
}

UtcTime system_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace

Clock::Clock() : Clock(Settings{UtcTime{}, UtcTime{}, 1.0}) {}

Clock::Clock(const Settings& settings)
    : settings_(settings),
      base_real_(std::chrono::steady_clock::now()),
      base_model_(settings.start + scaled(system_now() - settings.epoch, settings.scale)) {}

UtcTime Clock::now() const {
  return base_model_ +
         scaled(duration_cast<Duration>(std::chrono::steady_clock::now() - base_real_), settings_.scale);
}

RealTime Clock::real_time(UtcTime time) const { return base_real_ + real(time - base_model_); }

Duration Clock::real(Duration model) const { return scaled(model, 1.0 / settings_.scale); }

Result<Clock::Settings> Clock::parse(std::string_view text) {
  Settings settings{system_now(), UtcTime{}, 1.0};
  bool has_start = false;
  for (std::string_view part : split(text, ',')) {
    if (part.empty()) continue;
    const auto [name, value] = split_once(part, '=');
    if (name == "epoch" || name == "start") {
      const auto time = parse_utc(value);
      if (!time) return time.error();
      (name == "epoch" ? settings.epoch : settings.start) = *time;
      has_start = has_start || name == "start";
    } else if (name == "scale") {
      const auto scale = parse_number<double>(value);
      if (!scale || !(*scale >= 0.001 && *scale <= 100000)) {
        return Error{ErrorKind::invalid,
                     fmt::format("clock: scale \"{}\" is not within 0.001 to 100000", value)};
      }
      settings.scale = *scale;
    } else {
      return Error{ErrorKind::invalid, fmt::format("clock: \"{}\" is none of epoch, start, scale", name)};
    }
  }
  if (!has_start) settings.start = settings.epoch;
  return settings;
}

std::string Clock::format(const Settings& settings) {
  return fmt::format("epoch={},scale={},start={}", format_utc(settings.epoch, 9), settings.scale,
                     format_utc(settings.start, 9));
}

ManualClock::ManualClock(UtcTime now) : now_(now) {}

UtcTime ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

RealTime ManualClock::real_time(UtcTime time) const {
  return time <= now() ? RealTime::min() : RealTime::max();
}

void ManualClock::advance(Duration by) {
  std::vector<std::weak_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    now_ += by;
    waiters.swap(waiters_);
  }
  for (const auto& weak : waiters) {
    const auto waiter = weak.lock();
    if (!waiter) continue;
    waiter->recheck();
    add_waiter(waiter);
  }
}

void ManualClock::add_waiter(const std::shared_ptr<Waiter>& waiter) const {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiters_, [](const auto& weak) { return weak.expired(); });
  waiters_.push_back(waiter);
}

std::string format_utc(UtcTime time, int digits) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (digits > 0) {
    const auto fraction = fmt::format("{:09}", duration_cast<Duration>(clock.subseconds()).count());
    text += "." + fraction.substr(0, static_cast<std::size_t>(digits));
  }
  return text + "Z";
}

Result<UtcTime> parse_utc(std::string_view text) {
  const Error error{ErrorKind::invalid,
                    fmt::format("time \"{}\" is not of the form 2026-01-31T12:00:00.000Z", text)};
  if (text.size() < 20 || text.size() > 30 || text.back() != 'Z') return error;
  constexpr std::string_view pattern = "0000-00-00T00:00:00";
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '0' ? !digit : text[i] != pattern[i]) return error;
  }
  const auto field = [&](std::size_t at, std::size_t size) {
    return parse_number<int>(text.substr(at, size)).value_or(-1);
  };
  const std::chrono::year_month_day date{std::chrono::year(field(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(field(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(field(8, 2)))};
  // Of these years UtcTime can hold every nanosecond.
  const bool representable = date.year() >= std::chrono::year(1678) && date.year() <= std::chrono::year(2261);
  if (!date.ok() || !representable || field(11, 2) > 23 || field(14, 2) > 59 || field(17, 2) > 60)
    return error;
  Duration fraction{};
  if (text[19] == '.') {
    std::string digits(text.substr(20, text.size() - 21));
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return error;
    digits.resize(9, '0');
    fraction = Duration(parse_number<std::int64_t>(digits).value_or(0));
  } else if (text.size() != 20) {
    return error;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(field(11, 2)) + std::chrono::minutes(field(14, 2)) +
         std::chrono::seconds(field(17, 2)) + fraction;
}

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr Unit units[] = {{"d", std::chrono::days(1)},          {"h", std::chrono::hours(1)},
                          {"min", std::chrono::minutes(1)},     {"s", std::chrono::seconds(1)},
                          {"ms", std::chrono::milliseconds(1)}, {"us", std::chrono::microseconds(1)},
                          {"ns", std::chrono::nanoseconds(1)}};

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto end = std::min(text.find_first_not_of("0123456789.-"), text.size());
  const auto number = parse_number<double>(text.substr(0, end));
  const auto unit = std::find_if(std::begin(units), std::end(units),
                                 [&](const Unit& u) { return u.name == text.substr(end); });
  if (!number || unit == std::end(units) || !(std::abs(*number) < 1e9)) {
    return Error{ErrorKind::invalid,
                 fmt::format("duration \"{}\" is not a number with one of ns, us, ms, s, min, h, d", text)};
  }
  return scaled(unit->length, *number);
}

std::string format_duration(Duration duration) {
  for (const Unit& unit : units) {
    if (duration % unit.length == Duration::zero() && duration != Duration::zero()) {
      return fmt::format("{}{}", duration / unit.length, unit.name);
    }
  }
  return "0s";
}

}  // namespace watchrig::base
