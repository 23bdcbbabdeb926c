#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "system/central/event_log.hpp"
#include "system/central/settings/settings.hpp"
#include "system/platform/syslog_sender.hpp"

namespace watchrig::central {

/// The settings `syslog`: where copies of log entries go, and which.
SettingSection log_mirror_section();

/// Copies entries of all logs to a log server as the settings say, so that they outlive the local ones (IVSS
/// appendix 5). Any thread.
class LogMirror {
 public:
  /// All outlive it; the settings' listeners are added before the server listens.
  LogMirror(EventLog& events, Settings& settings, const boost::asio::any_io_executor& executor);

 private:
  void follow(const boost::json::object& values);

  platform::SyslogSender sender_;
  std::atomic<Severity> least_{Severity::error};
  std::shared_ptr<void> listening_;
};

}  // namespace watchrig::central
