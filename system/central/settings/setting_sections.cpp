#include "system/central/ddns/ddns_service.hpp"
#include "system/central/devices/device.hpp"
#include "system/central/devices/device_registration.hpp"
#include "system/central/log_mirror.hpp"
#include "system/central/mail/mail_settings.hpp"
#include "system/central/maintenance/update_feed.hpp"
#include "system/central/ptz/ptz_claims.hpp"
#include "system/central/recording/record_desk.hpp"
#include "system/central/relay/relay_sections.hpp"
#include "system/central/schedules/restart_plan.hpp"
#include "system/central/settings/settings.hpp"
#include "system/central/time/local_time.hpp"
#include "system/central/time/time_sync.hpp"

namespace watchrig::central {

namespace {

constexpr std::int64_t mebi = 1 << 20;
constexpr std::int64_t minutes_of_a_day = 24 * 60;

SettingSection lock_section(std::string name, std::string meaning) {
  return {std::move(name),
          std::move(meaning),
          {number_setting("attempts", 5, 0, 100, "wrong passwords until it locks; 0: never"),
           number_setting("period", 30, 1, minutes_of_a_day, "minutes it stays locked")},
          {},
          true};
}

SettingSection wizard_section() {
  SettingSection section{"wizard", "how far the set-up of a fresh server is; see /api/v1/wizard", {}, {}};
  for (const char* step : {"time", "network", "registration"})
    section.fields.push_back(choice_setting(step, {"open", "saved", "skipped"}, "this step"));
  section.fields.push_back(flag_setting("finished", false, "whether the wizard is over"));
  return section;
}

SettingSection password_reset_section(const ProductProfile& profile) {
  SettingSection section{"password_reset",
                         "ways to a new password when one is forgotten",
                         {flag_setting("service", true, "over the network, by a mailed code"),
                          flag_setting("email", true, "by a mailed code at all"),
                          flag_setting("questions", true, "by security questions, at the server itself")},
                         {},
                         true};
  if (!profile.email_needed) return section;
  section.rule = [name = std::string(profile.name)](const boost::json::object& values) -> FieldResult<void> {
    if (values.at("email").as_bool()) return {};
    return FieldError{"email",
                      {base::ErrorKind::invalid, "must not be false: by the product profile " + name +
                                                     " passwords are reset by e-mail"}};
  };
  return section;
}

FieldResult<void> check_token(const boost::json::object& values) {
  constexpr std::size_t least = 16;
  const auto size = values.at("token").as_string().size();
  if (size == 0 || size >= least) return {};
  return FieldError{
      "token",
      {base::ErrorKind::invalid, "token must have 16 characters or more, so that nobody guesses it"}};
}

FieldResult<void> check_rtsps(const boost::json::object& values) {
  if (values.at("enabled").as_bool() || !values.at("required").as_bool()) return {};
  return FieldError{
      "required",
      {base::ErrorKind::invalid,
       "required without enabled leaves no way to read streams: set enabled to true or required to false"}};
}

FieldResult<void> check_name(const boost::json::object& values) {
  if (is_name(values.at("name").as_string())) return {};
  return FieldError{"name",
                    {base::ErrorKind::invalid, "name must have 1 to 63 bytes, without control characters"}};
}

SettingSection storage_section(const ProductProfile& profile) {
  auto reserve = number_setting("reserve_bytes", profile.usual_reserve, profile.least_reserve, mebi << 24,
                                "bytes of the volume that stay free whatever its size");
  reserve.least_stored = 0;
  return {"storage",
          "recording; acts from the next start",
          {number_setting("segment_bytes", 256 * mebi, mebi, mebi << 14, "bytes of a segment"), reserve,
           number_setting("full_bytes", 50'000'000'000, 0, mebi << 24,
                          "bytes that stay free too, but no more than 5 % of the volume"),
           number_setting("full_percent", 1, 0, 50, "hundredths of the volume that stay free too"),
           number_setting("keep_days", 0, 0, 3650,
                          "after which recordings are removed; 0: when the volume is full"),
           number_setting("locked_percent", 50, 0, 90,
                          "hundredths of the volume that locked recordings take at most"),
           choice_setting("when_full", {"overwrite", "stop"},
                          "what happens then: the oldest recordings go, or recording waits for space")},
          {}};
}

SettingSection exports_section() {
  return {"exports",
          "recordings that are made ready to be fetched; acts from the next start",
          {number_setting("keep_days", 7, 0, 365, "after which they are removed; 0: when somebody does it"),
           number_setting("megabits_per_second", 0, 0, 100'000,
                          "that are read for them at most; 0: as fast as the disks")},
          {}};
}

}  // namespace

std::vector<SettingSection> setting_sections(const Product& product) {
  const ProductPorts& ports = *product.ports;
  return {
      {"http",
       "the HTTP interface; a change opens it anew and ends all sign-ins",
       {text_setting("address", "127.0.0.1", 45, "address to listen on"),
        port_setting("port", ports.http, "TCP port")},
       {}},
      {"https",
       "HTTPS, while it is on; a change opens it anew and ends all sign-ins",
       {text_setting("address", "127.0.0.1", 45, "address to listen on"),
        port_setting("port", ports.https, "TCP port")},
       {}},
      {"rtsp",
       "streams for players; a change opens it anew",
       {text_setting("address", "127.0.0.1", 45, "address to listen on"),
        port_setting("port", ports.rtsp, "TCP port")},
       {}},
      {"rtsps",
       "streams for players by TLS, with the certificate of HTTPS; a change opens it anew",
       {flag_setting("enabled", false, "whether there is RTSP by TLS"),
        flag_setting("required", false, "whether streams leave by TLS only: RTSP in the clear is closed"),
        text_setting("address", "127.0.0.1", 45, "address to listen on"),
        port_setting("port", 8322, "TCP port")},
       check_rtsps},
      storage_section(*product.profile),
      recording_section(),
      exports_section(),
      {"devices",
       "connections to devices",
       {number_setting("attempts_per_second", 200, 1, 10'000,
                       "to connect to them, all together; the others wait for their turn"),
        number_setting("bandwidth_mbps", 400, 1, 100'000,
                       "Mb/s that all devices together may send to this server; beyond, the page of devices "
                       "says so")},
       {}},
      {"accounts",
       "sign-ins",
       {number_setting("idle_logout", 30, 0, minutes_of_a_day,
                       "minutes without a request until a session ends; 0: never"),
        number_setting("password_reminder", 90, 0, 3650,
                       "days after which owners are reminded to change their password; 0: never"),
        number_setting("most_clients", 20, 1, 128,
                       "clients that may be signed in at once, by web, program and platform")},
       {}},
      {"system",
       "what the server is called; what people read, and pictures; served to clients",
       {text_setting("name", "Watchrig", 63, "of the server"),
        text_setting("description", "", 255, "of the server"),
        choice_setting("language", {"en", "de", "es", "fr", "ru", "zh"}, "of the clients' texts"),
        choice_setting("standard", {"pal", "ntsc"}, "PAL: 25 pictures a second, NTSC: 30")},
       check_name},
      {"metrics",
       "figures for Prometheus at /metrics",
       {secret_setting("token", 128, "which Prometheus sends in place of a sign-in, 16 characters or more")},
       check_token},
      lock_section("lock.accounts", "locking of accounts after wrong passwords"),
      lock_section("lock.sources", "locking of client addresses after wrong passwords"),
      {"session_blast",
       "when a client's sign-ins, right or wrong, are too many to be a person's: the link log says so",
       {number_setting("attempts", 30, 0, 10'000, "sign-ins within the period; 0: never"),
        number_setting("period", 10, 1, 3600, "seconds from the first of them")},
       {}},
      password_reset_section(*product.profile),
      {"onvif",
       "this server as an ONVIF device",
       {flag_setting("service", false,
                     "whether ONVIF clients are answered at /onvif/device_service, and may read streams with "
                     "the accounts of /api/v1/onvif/users")},
       {}},
      wizard_section(),
      mail_section(),
      log_mirror_section(),
      time_section(),
      restart_section(),
      updates_section(),
      ntp_section(),
      {"device_time",
       "the clocks of devices are set to the server's",
       {flag_setting("enabled", false, "whether they are, by itself"),
        number_setting("interval", 24 * 60, 1, 7 * minutes_of_a_day, "minutes from one time to the next"),
        number_setting("tolerance", 2, 1, 60, "seconds that a clock may be off")},
       {}},
      ddns_section(),
      registration_section(),
      p2p_section(),
      device_registration_section(ports.device_registration),
      ptz_section(),
  };
}

}  // namespace watchrig::central
