#include <boost/json.hpp>

#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

Outcome rig_set(StepContext& step) {
  const auto device = step.text("device");
  if (auto checked = step.check_virtual(device); checked.verdict != reports::Verdict::pass) return checked;
  if (step.has("input") == step.has("what")) return of_author("<rig-set> needs either an input or a what");
  if (step.has("input") && step.has("number")) return of_author("<rig-set> has a number of a what only");
  const auto what = step.text("what", "input");
  const json::object body{
      {"what", what},
      {"number", static_cast<std::int64_t>(step.number("input").value_or(step.number("number").value_or(1)))},
      {"state", step.text("state")}};
  const auto begin = step.bench.clock.now();
  const auto answer = step.bench.rig()->change(device, body);
  if (!answer) {
    return answer.error().kind == base::ErrorKind::invalid ? of_author(answer.error().message)
                                                           : of_rig(answer.error());
  }
  step.bench.chronicle.add({.lane = "states " + device,
                            .text = what + " " + step.text("state"),
                            .begin = begin,
                            .end = {},
                            .tone = reports::Tone::good,
                            .detail = json::serialize(body)});
  return {};
}

Outcome register_device(StepContext& step) {
  const auto device = step.text("device");
  if (auto checked = step.check_virtual(device); checked.verdict != reports::Verdict::pass) return checked;
  json::object body{{"what", "registration"}};
  if (step.has("at")) {
    const auto at = step.filled("at");
    if (!at) return of_author(at.error().message);
    body["at"] = *at;
  }
  for (const auto& [attribute, member] :
       {std::pair("device-id", "device_id"), std::pair("password", "password")}) {
    if (step.has(attribute)) body[member] = step.text(attribute);
  }
  const auto answer = step.bench.rig()->change(device, body);
  return answer ? Outcome{} : of_rig(answer.error());
}

}  // namespace

std::vector<StepDefinition> rig_steps() {
  using enum AttributeKind;
  return {
      {{"rig-set",
        Block::none,
        true,
        {{"device", name, true},
         {"input", count},
         {"number", count},
         {"what", choice, false, "motion|cells|dark|tamper|busy|card|disk|certificate"},
         {"state", choice, true,
          "active|inactive|inserted|removed|failed|self-signed|issued|expired|wrong-name"}}},
       rig_set},
      {{"register",
        Block::none,
        true,
        {{"device", name, true}, {"at", text}, {"device-id", text}, {"password", text}}},
       register_device},
  };
}

}  // namespace watchrig::scenarios
