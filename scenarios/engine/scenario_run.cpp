#include "scenarios/engine/scenario_run.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/engine/replay_note.hpp"
#include "scenarios/engine/step_table.hpp"

namespace watchrig::scenarios {

namespace {

using reports::ScenarioRecord;
using reports::StepRecord;
using reports::Verdict;

/// The steps that run now, for whoever asks why it takes so long.
class RunningSteps {
 public:
  void begin(const Step& step) {
    const std::lock_guard lock(mutex_);
    steps_.push_back(&step);
  }
  void end(const Step& step) {
    const std::lock_guard lock(mutex_);
    std::erase(steps_, &step);
  }
  std::string describe() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> texts;
    for (const auto* step : steps_)
      texts.push_back(fmt::format("{} (line {})", scenarios::describe(*step), step->line));
    return fmt::format("{}", fmt::join(texts, ", "));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<const Step*> steps_;
};

/// Halts the scenario when its time is over, unless it is destroyed before.
class Timeout {
 public:
  Timeout(const Scenario& scenario, const base::Clock& clock, Halt& halt, const RunningSteps& running)
      : halt_(halt), thread_([this, &scenario, &clock, &running] {
          const auto end = clock.now() + scenario.timeout;
          if (halt_.wait_until(end, [this] { return over_.load(); }) != Halt::Wake::expired) return;
          halt_.halt(Verdict::fail, fmt::format("the scenario took longer than {}; it was at {}",
                                                base::format_duration(scenario.timeout), running.describe()));
        }) {}
  ~Timeout() {
    over_ = true;
    halt_.notify();
  }

 private:
  Halt& halt_;
  std::atomic<bool> over_ = false;
  std::jthread thread_;
};

/// One round of SplitMix64: neighbouring values end far apart.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

/// The innermost step that has the verdict, which is where a reader should look.
const StepRecord* first_with(const std::vector<StepRecord>& steps, Verdict verdict) {
  for (const auto& step : steps) {
    if (step.verdict != verdict) continue;
    const auto* inner = first_with(step.steps, verdict);
    return inner ? inner : &step;
  }
  return nullptr;
}

Outcome perform_on(Bench& bench, RunningSteps& running, std::atomic<bool>& still_taken, const Step& step,
                   Branch& branch) {
  running.begin(step);
  if (step.syntax->action) bench.chronicle.mark(step.syntax->verb, bench.clock.now());
  StepContext context{bench, branch, step};
  auto outcome = perform(context);
  if (outcome.verdict == Verdict::fail && !bench.halt.halted() && !still_taken.exchange(true)) {
    bench.keep_still("failure", context.text("channel"));
  }
  running.end(step);
  return outcome;
}

void run_steps(const Scenario& scenario, Bench& bench, ScenarioRecord& record, reports::VerdictTotal& total) {
  RunningSteps running;
  std::atomic<bool> still_taken = false;
  const Timeout timeout(scenario, bench.clock, bench.halt, running);
  StepRunner runner(bench.clock, bench.halt, [&](const Step& step, Branch& branch) {
    return perform_on(bench, running, still_taken, step, branch);
  });
  record.steps = runner.run(scenario.steps);
  if (const auto cause = bench.halt.cause()) total.add(cause->verdict, cause->reason);
  const auto outcome = fold(record.steps);
  const auto* where = first_with(record.steps, outcome.verdict);
  const bool explain = outcome.verdict != Verdict::pass && where;
  total.add(outcome.verdict, explain
                                 ? fmt::format("line {}, {}: {}", where->line, where->text, where->message)
                                 : outcome.message);
}

void describe_bench(Bench& bench, ScenarioRecord& record) {
  for (const auto& device : bench.devices()) {
    record.devices.push_back({device.id, device.kind, device.real, "rtsp", device.detail});
  }
  record.measurements = bench.measurements();
  record.series = bench.sampler().series();
  record.notes = bench.notes();
  record.timeline = bench.chronicle.timeline();
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t run_seed, std::string_view scenario_id) {
  std::uint64_t seed = mix(run_seed);
  for (const char c : scenario_id) seed = mix(seed ^ static_cast<unsigned char>(c));
  return seed >> 1;  // fits the signed integers of JSON and of command lines
}

void apply_known_failures(const std::vector<ExpectedFailure>& known, ScenarioRecord& record) {
  const auto concerns = [&](const ExpectedFailure& failure) {
    return std::ranges::any_of(record.devices, [&](const reports::DeviceRecord& device) {
      return (device.id + " " + device.kind + " " + device.detail).find(failure.fingerprint) !=
             std::string::npos;
    });
  };
  const auto found = std::ranges::find_if(known, concerns);
  if (found == known.end()) return;
  record.known_failure = reports::KnownFailure{found->reference, found->reason, found->fingerprint};
  if (record.verdict == Verdict::fail) {
    record.verdict = Verdict::pass_with_note;
    record.reason =
        fmt::format("fails as known ({}: {}): {}", found->reference, found->reason, record.reason);
  } else if (reports::passed(record.verdict)) {
    record.unexpected_pass = true;
    record.verdict = Verdict::pass_with_note;
    record.reason = fmt::format("passes in spite of {} ({}): strike it off", found->reference, found->reason);
  }
}

ScenarioRecord run_scenario(const Scenario& scenario, const ScenarioRun& run, const base::Clock& clock,
                            Halt& halt) {
  const auto real_begin = std::chrono::steady_clock::now();
  ScenarioRecord record;
  record.id = scenario.id;
  record.title = scenario.title;
  record.file = scenario.file;
  record.verifies = scenario.verifies;
  record.seed = run.seed;
  record.begin = record.end = clock.now();
  record.command = fmt::format("watchrig replay {}", (run.report / "evidence" / scenario.id).string());
  auto evidence = EvidenceFolder::create(run.report, scenario.id);
  if (!evidence) {
    record.verdict = Verdict::harness_error;
    record.reason = evidence.error().message;
    return record;
  }
  (*evidence)->write("scenario as it ran", reports::EvidenceKind::other, "scenario.xml", to_xml(scenario));
  reports::VerdictTotal total;
  {
    Bench bench(scenario, run.equipment, run.seed, clock, halt, **evidence);
    const auto ready = bench.set_up();
    total.add(ready.verdict, ready.message);
    if (reports::passed(ready.verdict)) run_steps(scenario, bench, record, total);
    const auto ended = bench.tear_down();
    total.add(ended.verdict, ended.message);
    if (reports::passed(ready.verdict)) describe_bench(bench, record);
  }
  record.end = clock.now();
  record.verdict = total.verdict();
  record.reason = total.reason();
  apply_known_failures(scenario.known_failures, record);
  (*evidence)->write("how to run it again", reports::EvidenceKind::other, "replay.json",
                     to_json({scenario.id, run.seed, clock.settings().scale, record.verdict, record.reason}));
  record.evidence = (*evidence)->list();
  record.real_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - real_begin).count();
  return record;
}

}  // namespace watchrig::scenarios
