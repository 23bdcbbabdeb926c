#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "reports/model/scenario_record.hpp"
#include "system/base/clock.hpp"

namespace watchrig::scenarios {

/// What a process has used so far.
struct ProcessUsage {
  double cpu_seconds = 0;
  double memory_bytes = 0;  ///< resident
};

/// Out of /proc; nothing once the process is gone.
std::optional<ProcessUsage> usage_of(pid_t pid);
/// Reads the content of /proc/PID/stat (proc(5)); the name of a process may contain anything.
std::optional<ProcessUsage> parse_process_stat(std::string_view text, long ticks_a_second, long page_bytes);

/// Samples a process twice a second of real time for the plots of the report. Bounded: 7,200 samples. Any
/// thread.
class ProcessSampler {
 public:
  /// `pid` gives the process as it is now, 0 while there is none.
  ProcessSampler(std::function<pid_t()> pid, const base::Clock& clock);
  ~ProcessSampler();
  void stop();

  /// Cores in use, and memory, over time.
  std::vector<reports::Series> series() const;
  /// Seconds of processor time a second of real time within [from, to), one value a sample.
  std::vector<double> cores(base::UtcTime from, base::UtcTime to) const;
  std::vector<double> memory_bytes(base::UtcTime from, base::UtcTime to) const;

 private:
  struct Sample {
    base::UtcTime time;
    double cores;
    double memory_bytes;
  };
  void run(const std::stop_token& token);
  std::vector<double> values(base::UtcTime from, base::UtcTime to, double Sample::*value) const;

  const std::function<pid_t()> pid_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Sample> samples_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace watchrig::scenarios
