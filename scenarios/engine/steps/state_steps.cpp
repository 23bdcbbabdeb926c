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

/// Replaces {Name} by the id of the channel, or else of the kept session, of that name.
base::Result<std::string> with_ids(const Bench& bench, std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto end = text.find('}', open);
    result += text.substr(0, open);
    if (open == std::string_view::npos || end == std::string_view::npos) break;
    const std::string name(text.substr(open + 1, end - open - 1));
    const auto channel = bench.channels.find(name);
    const auto session = bench.sessions.find(name);
    if (!channel && !session)
      return base::Error{base::ErrorKind::not_found, fmt::format("no channel \"{}\" was added", name)};
    result += channel ? channel->id : session->id;
    text.remove_prefix(end + 1);
  }
  return result;
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

Outcome expect_metric(StepContext& step) {
  std::vector<std::pair<std::string, std::string>> labels;
  if (step.has("labels")) {
    const auto text = with_ids(step.bench, step.text("labels"));
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

/// Signed in as the step says: as a session that was kept, as nobody, or as the harness.
base::Result<http::HttpClient> client_of(const StepContext& step) {
  if (!step.has("as") && !step.has("via")) return step.bench.vms.api();
  auto client = step.bench.vms.anonymous();
  if (step.has("via")) {
    auto remote = step.bench.vms.over_network();
    if (!remote) return remote.error();
    client = *std::move(remote);
  }
  const auto name = step.text("as", "nobody");
  if (name == "nobody") return client;
  const auto session = step.bench.sessions.find(name);
  if (!session) {
    return base::Error{base::ErrorKind::not_found, fmt::format("no answer was kept as session \"{}\"", name)};
  }
  client.set_token(session->token);
  return client;
}

/// The pointer of a value that is to be kept and is not there.
std::string take_values(const StepContext& step, const json::value& body) {
  const auto wanted = parse_fields(step.text("take"));
  if (!wanted) return wanted.error().message;
  for (const auto& [name, pointer] : *wanted) {
    const auto* value = at_pointer(body, pointer);
    if (!value || !value->is_string()) return pointer;
    step.bench.values.put(name, std::make_shared<std::string>(value->get_string()));
  }
  return {};
}

/// The same client where vmsd says that its HTTPS is, or was last; it trusts vmsd's own root only.
base::Result<http::HttpClient> over_tls(const StepContext& step, const http::HttpClient& plain) {
  const auto api = step.bench.vms.api();
  const auto https = api.json("GET", "/api/v1/https");
  if (!https) return https.error();
  const auto* url = at_pointer(*https, "/url");
  const auto root = api.request("GET", "/api/v1/certificates/ca.crt");
  if (!root) return root.error();
  if (!url || root->status != 200) return base::Error{base::ErrorKind::unavailable, "vmsd has no HTTPS"};
  http::HttpClient client(std::string(url->as_string()));
  client.set_token(plain.token());
  client.set_trusted(root->body);
  return client;
}

Outcome expect_response(StepContext& step) {
  const auto address = step.filled("path");
  if (!address) return of_author(address.error().message);
  const auto path = with_ids(step.bench, *address);
  if (!path) return of_author(path.error().message);
  const auto sent = step.filled("body");
  if (!sent) return of_author(sent.error().message);
  auto client = client_of(step);
  if (!client && step.has("via")) return {reports::Verdict::skip, client.error().message};
  if (!client) return of_author(client.error().message);
  if (step.text("over", "http") == "https") client = over_tls(step, *client);
  if (!client) return of_vms(client.error());
  client->set_source(step.text("from", ""));
  const auto method = step.text("method", "GET");
  const auto answer = client->request(method, *path, *sent);
  if (step.text("connects", "yes") == "no") {
    return answer ? failed(fmt::format("{} answers {}", client->base_url(), answer->status))
                  : passed_with(answer.error().message);
  }
  if (!answer) return of_vms(answer.error());
  const auto what =
      fmt::format("{} {} answers {} {}", method, *path, answer->status, answer->body.substr(0, 300));
  if (answer->status != static_cast<int>(step.number("status").value_or(200))) {
    return failed(fmt::format("{}, not {}", what, step.text("status", "200")));
  }
  json::error_code error;
  const auto body = json::parse(answer->body, error);
  for (const auto* name : {"code", "field"}) {
    if (!step.has(name)) continue;
    const auto* value = error ? nullptr : at_pointer(body, std::string("/error/") + name);
    Condition wanted;
    wanted.is = step.text(name);
    const auto wrong = value ? complaint(wanted, *value) : std::string("is missing");
    if (!wrong.empty()) return failed(fmt::format("{}: {} {}", what, name, wrong));
  }
  if (step.has("contains") && answer->body.find(step.text("contains")) == std::string::npos) {
    return failed(fmt::format("{}, without \"{}\"", what, step.text("contains")));
  }
  if (step.has("take-body")) {
    step.bench.values.put(step.text("take-body"), std::make_shared<std::string>(answer->body));
  }
  if (step.has("take") && !error) {
    if (const auto lacks = take_values(step, body); !lacks.empty())
      return failed(fmt::format("{}, without a text {}", what, lacks));
  }
  if (step.has("keep")) {
    auto session = parse_vms_session(body);
    if (!session) return failed(session.error().message);
    step.bench.sessions.put(step.text("keep"), std::make_shared<VmsSession>(*std::move(session)));
    return passed_with(fmt::format("{} {} answers {} with a session", method, *path, answer->status));
  }
  return passed_with(what);
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
      {{"expect-metric", Block::none, false, with_condition({{"name", text, true}, {"labels", fields}})},
       expect_metric},
      {{"expect-response",
        Block::none,
        false,
        {{"path", text, true},
         {"method", choice, false, "GET|POST|PUT|PATCH|DELETE"},
         {"body", text},
         {"status", count},
         {"code", text},
         {"field", text},
         {"contains", text},
         {"as", name},
         {"keep", name},
         {"via", choice, false, "network"},
         {"take-body", name},
         {"from", text},
         {"over", choice, false, "http|https"},
         {"connects", choice, false, "yes|no"},
         {"take", fields}}},
       expect_response},
  };
}

}  // namespace watchrig::scenarios
