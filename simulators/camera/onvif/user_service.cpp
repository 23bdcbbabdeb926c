// Users and clock of an ONVIF device (ONVIF Core 8.3.2, 8.4).
#include <fmt/format.h>

#include "simulators/camera/onvif/onvif_device.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::add_date_time;
using protocols::child;
using protocols::children;
using protocols::text_at;

constexpr std::size_t longest_name = 64;

OnvifOutcome date_and_time(const OnvifDevice& device, OnvifCall& call) {
  auto node = add(call.answer, "tds:SystemDateAndTime");
  add(node, "tt:DateTimeType", device.time_by_ntp ? "NTP" : "Manual");
  add(node, "tt:DaylightSavings", "false");
  add(add(node, "tt:TimeZone"), "tt:TZ", device.time_zone);
  add_date_time(node, "tt:UTCDateTime", device.now());
  add_date_time(node, "tt:LocalDateTime", device.now());
  return {};
}

std::optional<base::UtcTime> read_date_time(pugi::xml_node node) {
  const auto number = [&](const char* path) {
    return base::parse_number<int>(text_at(node, path)).value_or(-1);
  };
  const int hour = number("Time/Hour"), minute = number("Time/Minute"), second = number("Time/Second");
  const std::chrono::year_month_day date{std::chrono::year(number("Date/Year")),
                                         std::chrono::month(static_cast<unsigned>(number("Date/Month"))),
                                         std::chrono::day(static_cast<unsigned>(number("Date/Day")))};
  const bool valid = date.ok() && int(date.year()) >= 1970 && int(date.year()) < 2200 && hour >= 0 &&
                     hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
  if (!valid) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

OnvifOutcome set_date_and_time(OnvifDevice& device, OnvifCall& call) {
  const auto type = text_at(call.request, "DateTimeType");
  if (type != "Manual" && type != "NTP")
    return refuse({"ter:InvalidArgVal"}, "DateTimeType is Manual or NTP");
  const auto zone = text_at(call.request, "TimeZone/TZ");
  if (zone.size() > 64) return refuse({"ter:InvalidArgVal", "ter:InvalidTimeZone"}, "TZ is too long");
  if (type == "Manual") {
    const auto time = read_date_time(child(call.request, "UTCDateTime"));
    if (!time) return refuse({"ter:InvalidArgVal", "ter:InvalidDateTime"}, "UTCDateTime is no date and time");
    device.set_clock_offset(*time - device.clock.now());
  } else if (device.names.ntp.empty() && !device.names.ntp_by_dhcp) {
    return refuse({"ter:InvalidArgVal", "ter:NtpServerUndefined"}, "set a time server first, by SetNTP");
  } else {
    device.set_clock_offset({});
  }
  device.time_by_ntp = type == "NTP";
  if (!zone.empty()) device.time_zone = zone;
  return {};
}

OnvifOutcome users(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& user : device.users.all()) {
    auto node = add(call.answer, "tds:User");
    add(node, "tt:Username", user.name);
    add(node, "tt:UserLevel", to_string(user.level));
  }
  return {};
}

OnvifOutcome outcome(CameraUsers::Outcome outcome) {
  switch (outcome) {
    case CameraUsers::Outcome::done:
      return {};
    case CameraUsers::Outcome::unknown:
      return refuse({"ter:InvalidArgVal", "ter:UsernameMissing"}, "there is no user of that name");
    case CameraUsers::Outcome::exists:
      return refuse({"ter:OperationProhibited", "ter:UsernameClash"}, "a user of that name exists");
    case CameraUsers::Outcome::too_many:
      return refuse({"ter:Action", "ter:TooManyUsers"}, fmt::format("at most {} users", CameraUsers::most));
    case CameraUsers::Outcome::last_administrator:
      return refuse({"ter:InvalidArgVal", "ter:FixedUser"}, "one administrator has to stay");
  }
  return {};
}

/// The users of a request, or the fault.
OnvifOutcome read_users(const OnvifCall& call, bool with_password, std::vector<CameraUsers::User>& found) {
  for (const auto& node : children(call.request, "User")) {
    const auto level = user_level_from(text_at(node, "UserLevel"));
    CameraUsers::User user{text_at(node, "Username"), child(node, "Password").text().get(),
                           level.value_or(UserLevel::user)};
    if (!level) {
      return refuse({"ter:OperationProhibited", "ter:AnonymousNotAllowed"},
                    "a user level is Administrator, Operator or User");
    }
    if (user.name.empty()) return refuse({"ter:InvalidArgVal"}, "a user has a name");
    if (user.name.size() > longest_name) {
      return refuse({"ter:OperationProhibited", "ter:UsernameTooLong"}, "a user name has at most 64 bytes");
    }
    if (user.password.size() > longest_name) {
      return refuse({"ter:OperationProhibited", "ter:PasswordTooLong"}, "a password has at most 64 bytes");
    }
    if (with_password && user.password.empty()) {
      return refuse({"ter:OperationProhibited", "ter:PasswordTooWeak"}, "a new user needs a password");
    }
    found.push_back(std::move(user));
  }
  if (found.empty()) return refuse({"ter:InvalidArgVal"}, "the request names no user");
  return {};
}

OnvifOutcome create_users(OnvifDevice& device, OnvifCall& call) {
  std::vector<CameraUsers::User> found;
  if (auto wrong = read_users(call, true, found)) return wrong;
  return outcome(device.users.add(found));
}

OnvifOutcome set_user(OnvifDevice& device, OnvifCall& call) {
  std::vector<CameraUsers::User> found;
  if (auto wrong = read_users(call, false, found)) return wrong;
  return outcome(device.users.change(found));
}

OnvifOutcome delete_users(OnvifDevice& device, OnvifCall& call) {
  std::vector<std::string> names;
  for (const auto& node : children(call.request, "Username")) names.emplace_back(node.text().get());
  if (names.empty()) return refuse({"ter:InvalidArgVal"}, "the request names no user");
  return outcome(device.users.remove(names));
}

}  // namespace

OnvifService user_and_time_service(OnvifDevice& d) {
  using A = AccessClass;
  OnvifService service;
  service.operations = {
      {"GetSystemDateAndTime", A::pre_auth, [&d](OnvifCall& c) { return date_and_time(d, c); }},
      {"SetSystemDateAndTime", A::write_system, [&d](OnvifCall& c) { return set_date_and_time(d, c); }},
      {"GetUsers", A::read_system_secret, [&d](OnvifCall& c) { return users(d, c); }},
      {"CreateUsers", A::write_system, [&d](OnvifCall& c) { return create_users(d, c); }},
      {"SetUser", A::write_system, [&d](OnvifCall& c) { return set_user(d, c); }},
      {"DeleteUsers", A::write_system, [&d](OnvifCall& c) { return delete_users(d, c); }},
  };
  return service;
}

}  // namespace watchrig::camera
