#include "scenarios/engine/process_sampler.hpp"

#include <fstream>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

constexpr auto interval = std::chrono::milliseconds(500);
constexpr std::size_t max_samples = 7'200;

}  // namespace

std::optional<ProcessUsage> parse_process_stat(std::string_view text, long ticks_a_second, long page_bytes) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 > text.size()) return std::nullopt;
  // Fields behind the name, the first of which is number 3 of proc(5): utime is 14, stime 15, rss 24.
  const auto fields = base::split(text.substr(name_end + 2), ' ');
  constexpr std::size_t user = 14 - 3, system = 15 - 3, resident = 24 - 3;
  if (fields.size() <= resident) return std::nullopt;
  const auto user_ticks = base::parse_number<double>(fields[user]);
  const auto system_ticks = base::parse_number<double>(fields[system]);
  const auto pages = base::parse_number<double>(fields[resident]);
  if (!user_ticks || !system_ticks || !pages) return std::nullopt;
  return ProcessUsage{(*user_ticks + *system_ticks) / static_cast<double>(ticks_a_second),
                      *pages * static_cast<double>(page_bytes)};
}

std::optional<ProcessUsage> usage_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return parse_process_stat(text, ::sysconf(_SC_CLK_TCK), ::sysconf(_SC_PAGESIZE));
}

ProcessSampler::ProcessSampler(std::function<pid_t()> pid, const base::Clock& clock)
    : pid_(std::move(pid)), clock_(clock), thread_([this](const std::stop_token& token) { run(token); }) {}

ProcessSampler::~ProcessSampler() { stop(); }

void ProcessSampler::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ProcessSampler::run(const std::stop_token& token) {
  std::mutex mutex;
  pid_t last_pid = 0;
  ProcessUsage last;
  auto last_time = std::chrono::steady_clock::now();
  while (!token.stop_requested()) {
    const auto pid = pid_();
    const auto now = std::chrono::steady_clock::now();
    const auto usage = pid > 0 ? usage_of(pid) : std::nullopt;
    if (usage && pid == last_pid) {
      const double elapsed = std::chrono::duration<double>(now - last_time).count();
      const std::lock_guard lock(mutex_);
      if (samples_.size() < max_samples && elapsed > 0) {
        samples_.push_back(
            {clock_.now(), (usage->cpu_seconds - last.cpu_seconds) / elapsed, usage->memory_bytes});
      }
    }
    last_pid = usage ? pid : 0;
    last = usage.value_or(ProcessUsage{});
    last_time = now;
    std::unique_lock lock(mutex);
    wake_.wait_for(lock, token, interval, [] { return false; });
  }
}

std::vector<reports::Series> ProcessSampler::series() const {
  reports::Series cores{"vmsd processor", "cores", {}};
  reports::Series memory{"vmsd memory", "B", {}};
  const std::lock_guard lock(mutex_);
  for (const auto& sample : samples_) {
    cores.points.push_back({sample.time, sample.cores});
    memory.points.push_back({sample.time, sample.memory_bytes});
  }
  return {std::move(cores), std::move(memory)};
}

std::vector<double> ProcessSampler::values(base::UtcTime from, base::UtcTime to,
                                           double Sample::*value) const {
  std::vector<double> result;
  const std::lock_guard lock(mutex_);
  for (const auto& sample : samples_) {
    if (sample.time >= from && sample.time < to) result.push_back(sample.*value);
  }
  return result;
}

std::vector<double> ProcessSampler::cores(base::UtcTime from, base::UtcTime to) const {
  return values(from, to, &Sample::cores);
}

std::vector<double> ProcessSampler::memory_bytes(base::UtcTime from, base::UtcTime to) const {
  return values(from, to, &Sample::memory_bytes);
}

}  // namespace watchrig::scenarios
