#include "tools/watchrig/run_support.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <pthread.h>
#include <thread>

#include <fmt/format.h>

#include "reports/writers/report_folder.hpp"
#include "tools/watchrig/command.hpp"

namespace watchrig::tool {

namespace {

/// Takes the signals that end programs away from the whole process and hands the first one to a function.
class Interruption {
 public:
  explicit Interruption(std::function<void()> on_signal) {
    ::sigemptyset(&signals_);
    for (const int number : {SIGINT, SIGTERM, SIGUSR2}) ::sigaddset(&signals_, number);
    ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    thread_ = std::thread([this, on_signal = std::move(on_signal)] {
      int number = 0;
      while (::sigwait(&signals_, &number) == 0 && number != SIGUSR2) on_signal();
    });
  }
  ~Interruption() {
    ::pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t signals_;
  sigset_t before_;
  std::thread thread_;
};

bool is_program(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

}  // namespace

base::Result<scenarios::Equipment> find_equipment(const std::filesystem::path& report) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return base::os_error("read", "/proc/self/exe", error.value());
  scenarios::Equipment equipment;
  const char* chosen = std::getenv("WATCHRIG_VMSD");
  equipment.vmsd = chosen ? std::filesystem::path(chosen) : self.parent_path() / "vmsd";
  equipment.rig = {self.string(), "rig"};
  equipment.work = report / "work";
  if (!is_program(equipment.vmsd)) {
    return base::Error{
        base::ErrorKind::not_found,
        fmt::format("{}: no such program; build vmsd or name it in WATCHRIG_VMSD", equipment.vmsd.string())};
  }
  return equipment;
}

void print_result(const reports::ScenarioRecord& record) {
  fmt::print(stderr, "{:14} {}  {:.1f} s\n", reports::to_string(record.verdict), record.id,
             record.real_seconds);
  if (!record.reason.empty()) fmt::print(stderr, "{:14} {}\n", "", record.reason);
}

int run_and_report(scenarios::SuiteOptions options, const std::vector<scenarios::Scenario>& scenarios,
                   bool strict, reports::RunRecord& run) {
  const auto folder = options.report;
  const auto work = folder / "work";
  const auto equipment = find_equipment(folder);
  if (equipment) {
    options.equipment = *equipment;
    scenarios::SuiteRun suite(std::move(options));
    const Interruption interruption([&suite] { suite.interrupt(); });
    run = suite.run(scenarios);
  } else {
    run.title = options.title;
    run.command = options.command;
    run.seed = options.seed;
    run.begin = run.end = base::Clock().now();
    run.problem = equipment.error().message;
  }
  std::error_code ignored;
  std::filesystem::remove_all(work, ignored);
  if (!run.problem.empty()) fmt::print(stderr, "watchrig: {}\n", run.problem);
  if (const auto written = reports::write_report(run, folder); !written) {
    fmt::print(stderr, "watchrig: {}\n", written.error().message);
    return exit_code::harness;
  }
  if (scenarios.empty() && equipment) return exit_code::nothing_selected;
  return reports::exit_code(run, strict);
}

}  // namespace watchrig::tool
