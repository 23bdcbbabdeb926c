#include <boost/json.hpp>

#include "scenarios/engine/steps/step_families.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto default_within = std::chrono::seconds(5);

/// What the step looks for in vmsd's message trace.
struct Wanted {
  std::string query;
  std::string contains;
  std::string outcome;
};

/// Error: a name in the step stands for nothing.
base::Result<Wanted> wanted_of(const StepContext& step) {
  Wanted wanted{
      "?limit=1000&name=" + http::percent_encode(step.text("name")), {}, step.text("outcome", "sent")};
  for (const auto* side : {"from", "to"}) {
    if (step.has(side)) wanted.query += fmt::format("&{}={}", side, http::percent_encode(step.text(side)));
  }
  for (const auto* earlier : {"with", "after"}) {
    if (!step.has(earlier)) continue;
    const auto number = step.bench.values.find(step.text(earlier) + ".number");
    const auto correlation = step.bench.values.find(step.text(earlier) + ".correlation");
    if (!number || !correlation)
      return base::Error{base::ErrorKind::not_found,
                         fmt::format("no message was kept as \"{}\"", step.text(earlier))};
    wanted.query += "&after=" + *number;
    if (earlier == std::string_view("with"))
      wanted.query += "&correlation=" + http::percent_encode(*correlation);
  }
  const auto filled = step.filled("contains");
  if (!filled) return filled.error();
  auto contains = step.with_ids(*filled);
  if (!contains) return contains.error();
  wanted.contains = *std::move(contains);
  return wanted;
}

bool fits(const json::value& entry, const Wanted& wanted) {
  return entry.at("outcome") == json::value(wanted.outcome) &&
         json::serialize(entry.at("body")).find(wanted.contains) != std::string::npos;
}

void keep(const StepContext& step, const json::value& entry) {
  const auto put = [&](const char* part, std::string text) {
    step.bench.values.put(step.text("keep") + part, std::make_shared<std::string>(std::move(text)));
  };
  put(".number", json::serialize(entry.at("number")));
  put(".correlation", std::string(entry.at("correlation").as_string()));
}

Outcome expect_message(StepContext& step) {
  const auto wanted = wanted_of(step);
  if (!wanted) return of_author(wanted.error().message);
  std::optional<json::value> found;
  std::string seen;
  const auto came = [&] {
    const auto answer = step.bench.vms.api().json("GET", "/api/v1/trace" + wanted->query);
    seen = answer ? json::serialize(answer->at("messages")) : answer.error().message;
    if (!answer) return false;
    for (const auto& entry : answer->at("messages").as_array()) {
      if (!found && fits(entry, *wanted)) found = entry;
    }
    return found.has_value();
  };
  if (!step.wait_for(step.deadline(default_within), came) || !found) {
    return failed(fmt::format("no message {}{}; there are {}", step.text("name"),
                              wanted->contains.empty() ? "" : " with " + wanted->contains,
                              seen.substr(0, 500)));
  }
  if (step.has("keep")) keep(step, *found);
  return passed_with(json::serialize(*found));
}

}  // namespace

std::vector<StepDefinition> message_steps() {
  using enum AttributeKind;
  return {
      {{"expect-message",
        Block::none,
        false,
        {{"name", name, true},
         {"from", name},
         {"to", name},
         {"contains", text},
         {"outcome", text},
         {"with", name},
         {"after", name},
         {"keep", name},
         {"within", duration}}},
       expect_message},
  };
}

}  // namespace watchrig::scenarios
