#include <boost/json.hpp>

#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr std::string_view verbs =
    "power-cut|reset|stall|lose|corrupt|duplicate|reorder|delay|burst|clock-jump|clock-drift|lie";

Outcome fault(StepContext& step) {
  if (auto checked = step.check_virtual(step.text("device")); checked.verdict != reports::Verdict::pass)
    return checked;
  json::object body{{"verb", step.text("verb")}};
  for (const auto* name : {"stream", "for", "by", "what"}) {
    if (step.has(name)) body[name] = step.text(name);
  }
  for (const auto* name : {"rate", "depth", "factor"}) {
    if (const auto value = step.number(name)) body[name] = *value;
  }
  const auto begin = step.bench.clock.now();
  const auto answer = step.bench.rig()->inject(step.text("device"), body);
  if (!answer) {
    return answer.error().kind == base::ErrorKind::invalid ? of_author(answer.error().message)
                                                           : of_rig(answer.error());
  }
  step.bench.chronicle.mark(step.text("verb"), begin);
  const auto lasts = step.duration("for");
  step.bench.chronicle.add({.lane = "faults " + step.text("device"),
                            .text = step.text("verb"),
                            .begin = begin,
                            .end = lasts ? std::optional(begin + *lasts) : std::nullopt,
                            .tone = reports::Tone::warning,
                            .detail = json::serialize(body)});
  return {};
}

Outcome clear_faults(StepContext& step) {
  if (auto checked = step.check_virtual(step.text("device")); checked.verdict != reports::Verdict::pass)
    return checked;
  const auto done = step.bench.rig()->clear_faults(step.text("device"));
  if (!done) return of_rig(done.error());
  step.bench.chronicle.add({.lane = "faults " + step.text("device"),
                            .text = "cleared",
                            .begin = step.bench.clock.now(),
                            .end = {},
                            .tone = reports::Tone::good,
                            .detail = ""});
  return {};
}

}  // namespace

std::vector<StepDefinition> fault_steps() {
  using enum AttributeKind;
  return {
      {{"fault",
        Block::none,
        true,
        {{"device", name, true},
         {"verb", choice, true, verbs},
         {"stream", name},
         {"for", duration},
         {"rate", number},
         {"depth", count},
         {"by", text},
         {"factor", number},
         {"what", text}}},
       fault},
      {{"clear-faults", Block::none, true, {{"device", name, true}}}, clear_faults},
  };
}

}  // namespace watchrig::scenarios
