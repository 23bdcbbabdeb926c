#include <boost/json.hpp>

#include "scenarios/engine/condition.hpp"
#include "scenarios/engine/steps/step_families.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto default_within = std::chrono::seconds(5);

Condition condition_of(const StepContext& step) {
  Condition condition;
  if (step.has("is")) condition.is = step.text("is");
  if (step.has("contains")) condition.contains = step.text("contains");
  condition.at_least = step.number("at-least");
  condition.at_most = step.number("at-most");
  return condition;
}

/// What is wrong with the channel as vmsd describes it.
std::string channel_complaint(const StepContext& step, const Channel& channel) {
  const auto answer =
      step.bench.vms.api().json("GET", "/api/v1/channels/" + http::percent_encode(channel.id));
  if (!answer) return answer.error().message;
  if (step.has("state")) {
    const auto* state = at_pointer(*answer, "/state");
    const auto* cause = at_pointer(*answer, "/cause");
    Condition wanted;
    wanted.is = step.text("state");
    const auto wrong = complaint(wanted, state ? *state : json::value());
    if (!wrong.empty())
      return fmt::format("state {} (cause: {})", wrong, cause ? json::serialize(*cause) : "none");
  }
  const auto condition = condition_of(step);
  if (condition.empty()) return {};
  const auto path = step.text("path", "/state");
  const auto* value = at_pointer(*answer, path);
  if (!value) return fmt::format("there is no {}", path);
  const auto wrong = complaint(condition, *value);
  return wrong.empty() ? wrong : fmt::format("{} {}", path, wrong);
}

Outcome expect_channel(StepContext& step) {
  const auto channel = step.bench.channels.find(step.text("channel"));
  if (!channel) return of_author(fmt::format("no channel \"{}\" was added", step.text("channel")));
  std::string wrong;
  const bool met = step.wait_for(step.deadline(default_within), [&] {
    wrong = channel_complaint(step, *channel);
    return wrong.empty();
  });
  return met ? Outcome{} : failed(fmt::format("channel {}: {}", channel->name, wrong));
}

/// A virtual device as the rig describes it, which is not what vmsd knows of it.
Outcome expect_device(StepContext& step) {
  const auto id = step.text("device");
  if (auto checked = step.check_virtual(id); checked.verdict != reports::Verdict::pass) return checked;
  const auto path = step.text("path");
  std::string wrong;
  std::optional<base::Error> broken;
  const bool met = step.wait_for(step.deadline(default_within), [&] {
    const auto status = step.bench.rig()->status(id);
    if (!status) {
      broken = status.error();
      return true;
    }
    const auto* value = at_pointer(*status, path);
    wrong = value ? complaint(condition_of(step), *value) : std::string("does not exist");
    return wrong.empty();
  });
  if (broken) return of_rig(*broken);
  return met ? Outcome{} : failed(fmt::format("device {}: {} {}", id, path, wrong));
}

Outcome expect_metric(StepContext& step) {
  std::vector<std::pair<std::string, std::string>> labels;
  if (step.has("labels")) {
    const auto text = step.with_ids(step.text("labels"));
    if (!text) return of_author(text.error().message);
    labels = parse_fields(*text).value();
  }
  std::string wrong;
  const bool met = step.wait_for(step.deadline(default_within), [&] {
    const auto answer = step.bench.vms.api().request("GET", "/metrics");
    if (!answer || answer->status != 200) {
      wrong = answer ? fmt::format("GET /metrics: status {}", answer->status) : answer.error().message;
      return false;
    }
    const auto value = metric_value(answer->body, step.text("name"), labels);
    wrong = value ? complaint(condition_of(step), *value) : std::string("does not exist");
    return wrong.empty();
  });
  return met ? Outcome{} : failed(fmt::format("metric {} {}", step.text("name"), wrong));
}

std::vector<AttributeSyntax> with_condition(std::vector<AttributeSyntax> attributes) {
  for (const auto& attribute : condition_attributes()) attributes.push_back(attribute);
  attributes.push_back({"within", AttributeKind::duration});
  return attributes;
}

}  // namespace

std::vector<StepDefinition> state_steps() {
  using enum AttributeKind;
  return {
      {{"expect-channel", Block::none, false,
        with_condition({{"channel", name, true}, {"state", text}, {"path", text}})},
       expect_channel},
      {{"expect-device", Block::none, false, with_condition({{"device", name, true}, {"path", text, true}})},
       expect_device},
      {{"expect-metric", Block::none, false, with_condition({{"name", text, true}, {"labels", fields}})},
       expect_metric},
  };
}

}  // namespace watchrig::scenarios
