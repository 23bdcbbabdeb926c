#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

using reports::Measurement;
using reports::Verdict;

struct Kind {
  std::string_view name;
  std::string_view unit;
};
constexpr Kind kinds[] = {{"interval", "s"}, {"latency", "s"}, {"cpu", "cores"}, {"memory", "B"}};

struct Window {
  base::UtcTime from;
  base::UtcTime to;
};

base::Result<Window> window(const StepContext& step) {
  const auto from = step.moment("from", step.bench.begin);
  if (!from) return from.error();
  const auto to = step.moment("to", step.bench.clock.now());
  if (!to) return to.error();
  return Window{*from, *to};
}

base::Result<std::vector<double>> samples(const StepContext& step, std::string_view kind) {
  const auto missing = [](std::string text) {
    return base::Error{base::ErrorKind::invalid, std::move(text)};
  };
  if (kind == "interval") {
    if (!step.has("from") || !step.has("to")) return missing("<measure> needs from and to");
    return intervals(step.bench.chronicle.times(step.text("from")),
                     step.bench.chronicle.times(step.text("to")));
  }
  const auto between = window(step);
  if (!between) return between.error();
  if (kind == "cpu") return step.bench.sampler().cores(between->from, between->to);
  if (kind == "memory") return step.bench.sampler().memory_bytes(between->from, between->to);
  const auto view = step.bench.views.find(step.text("view"));
  if (!view) return missing(fmt::format("no view \"{}\" is open", step.text("view")));
  return view->latencies(between->from, between->to);
}

Outcome measure(StepContext& step) {
  const auto kind = step.text("kind", "interval");
  const auto* row =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return k.name == kind; });
  Measurement measurement;
  measurement.name = step.text("name");
  measurement.unit = std::string(row->unit);
  measurement.limit = step.text("limit");
  auto taken = samples(step, kind);
  if (!taken) return of_author(taken.error().message);
  measurement.samples = *std::move(taken);
  measurement.judge();
  Outcome outcome{measurement.verdict, measurement.message};
  if (measurement.samples.empty() && outcome.verdict == Verdict::pass) {
    outcome = {Verdict::inconclusive, fmt::format("{}: nothing was measured", measurement.name)};
  }
  if (outcome.verdict == Verdict::pass) {
    outcome.message = fmt::format(
        "median {}, max {} of {}", reports::format_quantity(measurement.statistics.median, measurement.unit),
        reports::format_quantity(measurement.statistics.max, measurement.unit), measurement.statistics.count);
  }
  step.bench.add_measurement(std::move(measurement));
  return outcome;
}

}  // namespace

std::vector<StepDefinition> measure_steps() {
  using enum AttributeKind;
  return {
      {{"measure",
        Block::none,
        false,
        {{"name", name, true},
         {"kind", choice, false, "interval|latency|cpu|memory"},
         {"from", moment},
         {"to", moment},
         {"view", name},
         {"limit", limit}}},
       [](StepContext& step) { return step.unless_rig_was_late(measure(step)); }},
  };
}

}  // namespace watchrig::scenarios
