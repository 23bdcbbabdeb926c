#include "scenarios/engine/step_runner.hpp"

#include <algorithm>
#include <exception>
#include <thread>

#include <fmt/format.h>

#include "scenarios/engine/step_syntax.hpp"

namespace watchrig::scenarios {

namespace {

using reports::StepRecord;
using reports::Verdict;

/// Rounds of a timed repetition that are kept in the report when they passed; a soak would otherwise fill it.
constexpr std::size_t kept_rounds = 100;

bool goes_on_after_failure(const Step& step) {
  const auto found = step.attributes.find("on-fail");
  return found != step.attributes.end() && found->second == "continue";
}

StepRecord start_record(const Step& step, base::UtcTime now) {
  StepRecord record;
  record.verb = std::string(step.syntax->verb);
  record.text = describe(step);
  record.line = step.line;
  record.begin = record.end = now;
  return record;
}

StepRecord not_run(const Step& step, base::UtcTime now, const std::string& why) {
  auto record = start_record(step, now);
  record.verdict = Verdict::skip;
  record.message = "not run: " + why;
  return record;
}

}  // namespace

Outcome fold(const std::vector<StepRecord>& steps) {
  reports::VerdictTotal total;
  for (const auto& step : steps) {
    total.add(step.verdict,
              step.verdict == Verdict::pass ? std::string_view() : std::string_view(step.message));
  }
  return {total.verdict(), total.reason()};
}

std::vector<StepRecord> StepRunner::run(const std::vector<Step>& steps) {
  Branch branch{clock_.now(), clock_.now()};
  return sequence(steps, false, branch);
}

StepRunner::Records StepRunner::sequence(const std::vector<Step>& steps, bool go_on, Branch& branch) {
  Records records;
  std::string why;
  for (const auto& step : steps) {
    if (why.empty() && halt_.halted()) why = "the scenario was over";
    if (!why.empty()) {
      records.push_back(not_run(step, clock_.now(), why));
      continue;
    }
    records.push_back(run_step(step, branch));
    const auto verdict = records.back().verdict;
    if (verdict == Verdict::harness_error || (verdict == Verdict::fail && !go_on))
      why = "an earlier step failed";
  }
  return records;
}

StepRunner::Records StepRunner::parallel(const std::vector<Step>& steps, Branch& branch) {
  Records records(steps.size());
  std::vector<Branch> branches(steps.size(), branch);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      threads.emplace_back([&, i] { records[i] = run_step(steps[i], branches[i]); });
    }
  }
  for (const auto& done : branches) {
    branch.action_begin = std::max(branch.action_begin, done.action_begin);
    branch.action_end = std::max(branch.action_end, done.action_end);
  }
  return records;
}

StepRunner::Records StepRunner::repeat(const Step& block, Branch& branch) {
  const auto length = base::parse_duration(block.attributes.at("for"));
  const auto end = clock_.now() + (length ? *length : base::Duration::zero());
  Records records;
  std::size_t round = 0;
  do {
    StepRecord record = start_record(block, clock_.now());
    record.text = fmt::format("round {}", ++round);
    record.steps = sequence(block.steps, goes_on_after_failure(block), branch);
    const auto outcome = fold(record.steps);
    record.verdict = outcome.verdict;
    record.message = outcome.message;
    record.end = clock_.now();
    const bool kept = records.size() < kept_rounds || !reports::passed(record.verdict);
    if (kept) records.push_back(std::move(record));
    if (outcome.verdict >= Verdict::fail && !goes_on_after_failure(block)) break;
  } while (clock_.now() < end && !halt_.halted() && records.size() < 10 * kept_rounds);
  return records;
}

StepRecord StepRunner::run_step(const Step& step, Branch& branch) {
  auto record = start_record(step, clock_.now());
  Outcome outcome;
  if (step.syntax->block == Block::none) {
    outcome = perform_guarded(step, branch);
    if (step.syntax->action) branch = {record.begin, clock_.now()};
  } else {
    record.steps = step.syntax->block == Block::parallel ? parallel(step.steps, branch)
                   : step.syntax->block == Block::repeat
                       ? repeat(step, branch)
                       : sequence(step.steps, goes_on_after_failure(step), branch);
    outcome = fold(record.steps);
  }
  record.end = clock_.now();
  record.verdict = outcome.verdict;
  record.message = std::move(outcome.message);
  return record;
}

Outcome StepRunner::perform_guarded(const Step& step, Branch& branch) {
  Outcome outcome;
  try {
    outcome = perform_(step, branch);
  } catch (const std::exception& error) {
    outcome = {Verdict::harness_error, fmt::format("{}: {}", describe(step), error.what())};
  }
  // Whatever a step made of its interrupted wait, the cause of the interruption explains it.
  const auto cause = halt_.cause();
  if (cause && !reports::passed(outcome.verdict)) outcome = {cause->verdict, cause->reason};
  return outcome;
}

}  // namespace watchrig::scenarios
