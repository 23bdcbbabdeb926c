#pragma once

#include <memory>

#include "system/base/metrics.hpp"
#include "system/central/central.hpp"
#include "system/devices/onvif/alarm_feed.hpp"

namespace watchrig::app {

/// Puts what a device tells into the event log, and its alarms into the trace before. On the feed's executor.
class DeviceEventLog final : public devices::AlarmListener {
 public:
  DeviceEventLog(central::EventLog& events, central::DeviceNotes& notes, base::Metrics& metrics,
                 central::DevicePtr device)
      : events_(events), notes_(notes), metrics_(metrics), device_(std::move(device)) {}

  /// The device as it is called from now on.
  void rename(central::DevicePtr device) { device_ = std::move(device); }

  void alarm(const devices::DeviceAlarm& alarm) override;
  void lost(const std::string& cause) override;
  void resumed() override;
  void quirk(std::string_view name, const std::string& detail) override;
  void flood() override;
  void counted(std::string_view what, std::uint64_t count) override;

 private:
  void append(std::string type, std::string cause, std::string message, boost::json::object data,
              unsigned channel = 0);

  central::EventLog& events_;
  central::DeviceNotes& notes_;
  base::Metrics& metrics_;
  central::DevicePtr device_;
};

}  // namespace watchrig::app
