#include "system/base/log.hpp"

#include <atomic>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace watchrig::base {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_logger_mt("watchrig");
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

std::atomic<LogLevel> threshold{LogLevel::info};
std::atomic<const Clock*> stamping{nullptr};

constexpr std::string_view names[] = {"debug", "info", "warning", "error"};

}  // namespace

void log_line(LogLevel level, std::string_view text) {
  static const Clock real;
  const Clock* clock = stamping;
  logger().log(spdlog::level::info, "{} {:<7} {}", format_utc((clock ? *clock : real).now()),
               names[static_cast<int>(level)], text);
}

void set_log_level(LogLevel level) { threshold = level; }

bool log_enabled(LogLevel level) { return level >= threshold; }

void set_log_clock(const Clock& clock) { stamping = &clock; }

}  // namespace watchrig::base
