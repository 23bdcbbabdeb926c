#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

Outcome wait(StepContext& step) {
  const auto until = step.bench.clock.now() + step.duration("for").value_or(base::Duration{});
  if (step.bench.halt.wait_until(until) == Halt::Wake::halted) {
    return {reports::Verdict::inconclusive, "the wait was cut short"};
  }
  return {};
}

Outcome mark(StepContext& step) {
  const auto now = step.bench.clock.now();
  step.bench.chronicle.mark(step.text("name"), now);
  step.bench.chronicle.add(
      {.lane = "marks", .text = step.text("name"), .begin = now, .end = {}, .detail = ""});
  return {};
}

Outcome note(StepContext& step) {
  step.bench.add_note(step.text("text"));
  return {};
}

}  // namespace

std::vector<StepDefinition> wait_steps() {
  using enum AttributeKind;
  return {
      {{"wait", Block::none, false, {{"for", duration, true}}}, wait},
      {{"mark", Block::none, false, {{"name", name, true}}}, mark},
      {{"note", Block::none, false, {{"text", text, true}}}, note},
  };
}

}  // namespace watchrig::scenarios
