// Of what kind an entry is within its log: one table, by which entries are shown, searched and cleared.
#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "system/central/event_log.hpp"

namespace watchrig::central {

namespace {

/// Types, or first words with their dot. Those of two classes of a log exclude each other.
using Types = std::span<const std::string_view>;

constexpr std::string_view running[] = {"system.started",
                                        "system.stopped",
                                        "system.restart",
                                        "system.shutdown",
                                        "system.factory-default",
                                        "system.configuration-exported",
                                        "system.configuration-imported",
                                        "system.configuration-replaced",
                                        "system.update-available",
                                        "system.upgrade-installed",
                                        "system.upgraded",
                                        "system.upgrade-failed",
                                        "system.licence-imported",
                                        "system.backup-restored",
                                        "system.unclean-shutdown",
                                        "system.role-silent",
                                        "system.role-answers",
                                        "system.initialised",
                                        "network.changed",
                                        "network.refused",
                                        "network.failed",
                                        "time.",
                                        "ddns.",
                                        "registration.",
                                        "p2p."};
constexpr std::string_view files[] = {"storage."};
constexpr std::string_view hardware[] = {"network.link-lost",        "network.link-restored",
                                         "network.address-conflict", "network.address-conflict-ended",
                                         "network.mac-conflict",     "network.mac-conflict-ended"};
constexpr std::string_view scheduled[] = {"system.scheduled-restart", "system.scheduled-restart-refused",
                                          "system.backup-failed"};

constexpr std::string_view configuration[] = {"settings.",
                                              "wizard.",
                                              "access.",
                                              "certificate.",
                                              "schedule.",
                                              "area.",
                                              "layout.",
                                              "voice.",
                                              "https.",
                                              "account.added",
                                              "account.changed",
                                              "account.removed",
                                              "account.password-changed",
                                              "account.group-added",
                                              "account.group-changed",
                                              "account.group-removed",
                                              "onvif.user-added",
                                              "onvif.user-changed",
                                              "onvif.user-removed",
                                              "onvif.password-changed",
                                              "network.changed",
                                              "time.changed",
                                              "system.configuration-imported",
                                              "device.added",
                                              "device.changed",
                                              "device.removed",
                                              "device.moved",
                                              "device.encoder-changed",
                                              "device.name-pushed",
                                              "device.overlays-changed",
                                              "device.output-changed",
                                              "device.picture-changed",
                                              "device.certificate-accepted",
                                              "ptz.preset-saved",
                                              "recording.plan-changed",
                                              "storage.volume-changed",
                                              "recording.exported",
                                              "recording.export-failed",
                                              "recording.export-removed",
                                              "recording.locked",
                                              "recording.unlocked"};

constexpr std::string_view motion[] = {"motion."};
constexpr std::string_view tampering[] = {"tampering."};
constexpr std::string_view inputs[] = {"input."};
constexpr std::string_view recordings[] = {"recording."};
constexpr std::string_view streams[] = {"stream."};
constexpr std::string_view devices[] = {"device.", "ptz.", "talk."};
// Mostly told with who did it, which makes them operations.
constexpr std::string_view others[] = {"account.", "onvif.",   "operation.",   "log.",   "wizard.",
                                       "access.",  "layout.",  "settings.",    "area.",  "schedule.",
                                       "voice.",   "session.", "certificate.", "https.", "channel."};

constexpr std::string_view sign_ins[] = {"account.signed-in", "account.signed-out", "account.refused",
                                         "account.locked",    "onvif.refused",      "onvif.locked"};
constexpr std::string_view hijacks[] = {"session.hijacked"};
constexpr std::string_view blasts[] = {"session.blast"};
constexpr std::string_view remote_devices[] = {"channel.online",
                                               "channel.offline",
                                               "device.registered",
                                               "device.registration-lost",
                                               "device.registration-refused",
                                               "device.certificate-pinned",
                                               "device.certificate-refused"};

struct LogClass {
  LogKind log;
  std::string_view name;
  Types types;
  bool rest = false;  ///< of the log, what none of its other classes has
};

constexpr LogClass classes[] = {{LogKind::system, "running-status", running},
                                {LogKind::system, "file-management", files},
                                // Empty: recordings are on single disks. Searches may name it all the same.
                                {LogKind::system, "hot-spare", {}},
                                {LogKind::system, "hardware-detection", hardware},
                                {LogKind::system, "scheduled-task", scheduled},
                                {LogKind::operation, "configuration", configuration},
                                {LogKind::operation, "operation", {}, true},
                                {LogKind::event, "motion", motion},
                                {LogKind::event, "tampering", tampering},
                                {LogKind::event, "input", inputs},
                                {LogKind::event, "recording", recordings},
                                {LogKind::event, "stream", streams},
                                {LogKind::event, "device", devices},
                                {LogKind::event, "other", others},
                                {LogKind::link, "login", sign_ins},
                                {LogKind::link, "session-hijack", hijacks},
                                {LogKind::link, "session-blast", blasts},
                                {LogKind::link, "remote-device", remote_devices}};

bool has(Types types, std::string_view type) {
  return std::ranges::any_of(types, [type](std::string_view one) {
    return one.ends_with('.') ? type.starts_with(one) : type == one;
  });
}

std::string sql_of(Types types) {
  std::string names;
  std::string sql;
  for (const auto one : types) {
    if (one.ends_with('.'))
      sql += fmt::format(" OR type GLOB '{}*'", one);
    else
      names += fmt::format("{}'{}'", names.empty() ? "" : ",", one);
  }
  return fmt::format("(type IN ({}){})", names, sql);
}

}  // namespace

std::vector<std::string_view> log_classes(LogKind log) {
  std::vector<std::string_view> names;
  for (const auto& one : classes) {
    if (one.log == log) names.push_back(one.name);
  }
  return names;
}

std::string_view Event::log_class() const {
  const auto kind = log();
  std::string_view rest;
  for (const auto& one : classes) {
    if (one.log != kind) continue;
    if (has(one.types, type)) return one.name;
    if (one.rest) rest = one.name;
  }
  return rest;
}

std::string condition_of_class(LogKind log, std::string_view name) {
  const auto wanted =
      std::ranges::find_if(classes, [&](const auto& one) { return one.log == log && one.name == name; });
  if (wanted == std::end(classes)) return "0";
  if (!wanted->rest) return sql_of(wanted->types);
  std::string sql = "1";
  for (const auto& one : classes) {
    if (one.log == log && !one.rest) sql += " AND NOT " + sql_of(one.types);
  }
  return sql;
}

}  // namespace watchrig::central
