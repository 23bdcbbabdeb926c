#include "system/app/server_options.hpp"

#include <fstream>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::app {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

template <class Number>
Result<> set_number(Number& target, std::string_view name, std::string_view text, Number least, Number most) {
  const auto number = base::parse_number<Number>(text);
  if (!number || *number < least || *number > most) {
    return Error{ErrorKind::invalid,
                 fmt::format("{}={}: must be a number from {} to {}", name, text, least, most)};
  }
  target = *number;
  return {};
}

constexpr unsigned minutes_of_a_day = 24 * 60;

Result<> set_period(base::Duration& target, std::string_view name, std::string_view text) {
  unsigned minutes = 0;
  if (auto set = set_number(minutes, name, text, 1u, minutes_of_a_day); !set) return set;
  target = std::chrono::minutes(minutes);
  return {};
}

/// 0 minutes are none at all.
Result<> set_minutes(std::optional<base::Duration>& target, std::string_view name, std::string_view text) {
  unsigned minutes = 0;
  if (auto set = set_number(minutes, name, text, 0u, minutes_of_a_day); !set) return set;
  target = minutes == 0 ? std::nullopt : std::optional<base::Duration>(std::chrono::minutes(minutes));
  return {};
}

/// What of the machine may be changed is for whoever starts the server, never for its users.
Result<> set_host(ServerOptions& options, std::string_view name, std::string_view value) {
  if (name == "host.namespace") {
    options.network_namespace = value;
  } else if (name == "host.resolver") {
    options.resolver_file = value;
  } else if (name == "host.network" && (value == "read-only" || value == "iproute2")) {
    options.change_network = value == "iproute2";
  } else {
    return Error{ErrorKind::invalid,
                 fmt::format("{}={}: there are host.network=read-only, host.network=iproute2, "
                             "host.namespace=NAME and host.resolver=FILE",
                             name, value)};
  }
  return {};
}

}  // namespace

Result<> apply_setting(ServerOptions& options, std::string_view assignment) {
  const auto [left, right] = base::split_once(assignment, '=');
  const std::string_view name = base::trim(left);
  const std::string_view value = base::trim(right);
  constexpr std::uint16_t any = 0;
  constexpr std::uint16_t highest = 65535;
  constexpr std::uint64_t mebi = 1u << 20;
  if (name == "http.port") return set_number(options.http_port, name, value, any, highest);
  if (name == "rtsp.port") return set_number(options.rtsp_port, name, value, any, highest);
  if (name == "storage.segment_bytes")
    return set_number(options.segment_bytes, name, value, mebi, mebi << 14);
  if (name == "storage.reserve_bytes")
    return set_number(options.reserve_bytes, name, value, std::uint64_t{0}, mebi << 24);
  if (name == "accounts.idle_logout") return set_minutes(options.sign_in.sessions.idle, name, value);
  for (auto [who, rules] : {std::pair("lock.accounts", &options.sign_in.accounts),
                            std::pair("lock.sources", &options.sign_in.sources)}) {
    if (name == fmt::format("{}.attempts", who)) return set_number(rules->attempts, name, value, 0u, 100u);
    if (name == fmt::format("{}.period", who)) return set_period(rules->period, name, value);
  }
  if (name.starts_with("host.")) return set_host(options, name, value);
  if (name == "threads") return set_number(options.threads, name, value, 0u, 256u);
  if (name == "http.address" || name == "rtsp.address") {
    (name == "http.address" ? options.http_address : options.rtsp_address) = value;
    return {};
  }
  if (name == "log.level" &&
      (value == "debug" || value == "info" || value == "warning" || value == "error")) {
    options.log_level = value;
    return {};
  }
  if (name == "log.level")
    return Error{ErrorKind::invalid, "log.level: must be debug, info, warning or error"};
  return Error{
      ErrorKind::invalid,
      fmt::format(
          "\"{}\" is no setting; there are http.address, http.port, rtsp.address, rtsp.port, "
          "storage.segment_bytes, storage.reserve_bytes, accounts.idle_logout, lock.accounts.attempts, "
          "lock.accounts.period, lock.sources.attempts, lock.sources.period, threads, log.level, "
          "host.network, host.namespace, "
          "host.resolver",
          name)};
}

Result<> apply_file(ServerOptions& options, const std::filesystem::path& file) {
  std::ifstream input(file);
  if (!input) return base::os_error("read configuration", file.string(), errno);
  std::string line;
  for (int number = 1; std::getline(input, line); ++number) {
    const std::string_view text = base::trim(base::split_once(line, '#').first);
    if (text.empty()) continue;
    if (auto applied = apply_setting(options, text); !applied) {
      return Error(applied.error()).within(fmt::format("{}:{}", file.string(), number));
    }
  }
  return {};
}

}  // namespace watchrig::app
