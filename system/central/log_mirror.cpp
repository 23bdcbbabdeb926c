#include "system/central/log_mirror.hpp"

#include <fmt/format.h>

namespace watchrig::central {

namespace json = boost::json;

namespace {

unsigned syslog_severity(Severity severity) {
  switch (severity) {
    case Severity::error:
      return 3;
    case Severity::warning:
      return 4;
    case Severity::notification:
      break;
  }
  return 6;
}

std::string text_of(const Event& event) {
  std::string text = event.message;
  if (!event.account.empty()) text += fmt::format(" account=\"{}\"", event.account);
  if (!event.source.empty()) text += fmt::format(" source={}", event.source);
  if (event.result != "ok") text += fmt::format(" result={}", event.result);
  return text;
}

FieldResult<void> check_server(const json::object& values) {
  if (!values.at("enabled").as_bool() || !values.at("server").as_string().empty()) return {};
  return FieldError{"server", {base::ErrorKind::invalid, "server is missing: the log server's address"}};
}

}  // namespace

SettingSection log_mirror_section() {
  return {
      "syslog",
      "copies of log entries to a log server (RFC 5424)",
      {flag_setting("enabled", false, "whether entries are copied"),
       text_setting("server", "", 253, "name or address of the log server"),
       port_setting("port", 514, "its port"),
       choice_setting("protocol", {"udp", "tcp"}, "TCP loses nothing while the server is away for a while"),
       choice_setting("severity", {"warning", "error", "notification"}, "entries of this one and worse")},
      check_server};
}

LogMirror::LogMirror(EventLog& events, Settings& settings, const boost::asio::any_io_executor& executor)
    : sender_(executor) {
  follow(settings.values("syslog").values);
  settings.listen("syslog", [this](const Settings::Change& change) { follow(change.after.values); });
  listening_ = events.listen([this](const Event& event) {
    if (event.severity() < least_) return;
    sender_.send({syslog_severity(event.severity()), event.time, event.type, text_of(event)});
  });
}

void LogMirror::follow(const json::object& values) {
  least_ = *severity_from(values.at("severity").as_string());
  if (!values.at("enabled").as_bool()) return sender_.set_server(std::nullopt);
  sender_.set_server(platform::SyslogServer{std::string(values.at("server").as_string()),
                                            static_cast<std::uint16_t>(values.at("port").as_int64()),
                                            values.at("protocol") == "tcp"});
}

}  // namespace watchrig::central
