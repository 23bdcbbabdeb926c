#include <algorithm>
#include <array>

#include "system/central/event_log.hpp"

namespace watchrig::central {

namespace {

template <class Kind, std::size_t count>
std::optional<Kind> kind_of(const std::array<std::string_view, count>& names, std::string_view text) {
  const auto it = std::ranges::find(names, text);
  if (it == names.end()) return std::nullopt;
  return static_cast<Kind>(it - names.begin());
}

constexpr std::array<std::string_view, 4> logs{"system", "operation", "event", "link"};
constexpr std::array<std::string_view, 3> severities{"notification", "warning", "error"};

// Of each type without somebody who did it the log is that of its first word, or else the event log.
constexpr std::string_view of_links[] = {"account.signed-in",
                                         "account.signed-out",
                                         "account.refused",
                                         "account.locked",
                                         "onvif.refused",
                                         "onvif.locked",
                                         "session.hijacked",
                                         "session.blast",
                                         "channel.online",
                                         "channel.offline",
                                         "device.registered",
                                         "device.registration-lost",
                                         "device.certificate-pinned",
                                         "device.certificate-refused",
                                         "device.registration-refused"};
constexpr std::string_view of_the_system[] = {"system.", "storage.",      "network.", "time.",
                                              "ddns.",   "registration.", "p2p."};

constexpr std::string_view errors[] = {
    "system.role-silent",        "recording.failed",     "system.unclean-shutdown", "session.hijacked",
    "network.address-conflict",  "network.mac-conflict", "network.failed",          "storage.failed",
    "storage.damaged",           "storage.full",         "system.backup-failed",    "system.upgrade-failed",
    "device.registration-failed"};
constexpr std::string_view warnings[] = {"channel.offline",
                                         "stream.damaged",
                                         "account.refused",
                                         "account.locked",
                                         "onvif.refused",
                                         "onvif.locked",
                                         "session.blast",
                                         "operation.refused",
                                         "network.refused",
                                         "network.link-lost",
                                         "storage.index-rebuilt",
                                         "storage.overwriting",
                                         "account.reset-refused",
                                         "time.not-synchronised",
                                         "account.code-not-mailed",
                                         "system.scheduled-restart-refused",
                                         "ddns.failed",
                                         "registration.failed",
                                         "p2p.failed",
                                         "motion.started",
                                         "tampering.started",
                                         "input.started",
                                         "device.events-lost",
                                         "device.events-flood",
                                         "recording.backfill-failed",
                                         "ptz.stop-failed",
                                         "device.adding-interrupted",
                                         "device.output-unanswered",
                                         "device.registration-lost",
                                         "device.certificate-refused",
                                         "device.registration-refused"};

bool begins_any(std::string_view type, const auto& list) {
  return std::ranges::any_of(list, [&](std::string_view entry) {
    return entry.ends_with('.') ? type.starts_with(entry) : type == entry;
  });
}

}  // namespace

std::string_view to_string(LogKind kind) { return logs[static_cast<std::size_t>(kind)]; }

std::optional<LogKind> log_kind_from(std::string_view text) { return kind_of<LogKind>(logs, text); }

std::string_view to_string(Severity severity) { return severities[static_cast<std::size_t>(severity)]; }

std::optional<Severity> severity_from(std::string_view text) { return kind_of<Severity>(severities, text); }

LogKind Event::log() const {
  if (begins_any(type, of_links)) return LogKind::link;
  if (!account.empty()) return LogKind::operation;
  return begins_any(type, of_the_system) ? LogKind::system : LogKind::event;
}

Severity Event::severity() const {
  if (begins_any(type, errors)) return Severity::error;
  return begins_any(type, warnings) ? Severity::warning : Severity::notification;
}

}  // namespace watchrig::central
