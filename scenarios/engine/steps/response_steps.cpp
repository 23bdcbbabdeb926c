#include <boost/json.hpp>

#include "scenarios/engine/condition.hpp"
#include "scenarios/engine/steps/step_families.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

/// A request as the step describes it, its names replaced.
struct Exchange {
  http::HttpClient client;
  std::string method;
  std::string path;
  std::string body;
};

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

/// The pointer of a value that is to be kept and is not there.
std::string take_values(const StepContext& step, const json::value& body) {
  const auto wanted = parse_fields(step.text("take"));
  if (!wanted) return wanted.error().message;
  for (const auto& [name, pointer] : *wanted) {
    const auto* value = at_pointer(body, pointer);
    if (!value || !(value->is_string() || value->is_number())) return pointer;
    step.bench.values.put(name,
                          std::make_shared<std::string>(value->is_string() ? std::string(value->get_string())
                                                                           : json::serialize(*value)));
  }
  return {};
}

/// The first of the texts that does not come behind the one before it.
std::string out_of_order(std::string_view body, std::string_view texts) {
  while (!texts.empty()) {
    const auto end = texts.find(" | ");
    const auto wanted = texts.substr(0, end);
    const auto at = body.find(wanted);
    if (at == std::string_view::npos) return std::string(wanted);
    body.remove_prefix(at + wanted.size());
    texts.remove_prefix(end == std::string_view::npos ? texts.size() : end + 3);
  }
  return {};
}

/// What is wrong with the text of an answer. Error: a name in the step stands for nothing.
base::Result<std::string> text_complaint(const StepContext& step, const std::string& body) {
  const auto contains = step.filled("contains");
  if (!contains) return contains.error();
  if (body.find(*contains) == std::string::npos) return fmt::format("without \"{}\"", *contains);
  const auto lacks = step.filled("lacks");
  if (!lacks) return lacks.error();
  if (step.has("lacks") && body.find(*lacks) != std::string::npos) return fmt::format("with \"{}\"", *lacks);
  const auto ordered = step.filled("in-order");
  if (!ordered) return ordered.error();
  const auto late = out_of_order(body, *ordered);
  return late.empty() ? std::string() : fmt::format("without \"{}\" in its place", late);
}

/// What is wrong with the code and the field of an error.
std::string error_complaint(const StepContext& step, const json::value& body) {
  for (const auto* name : {"code", "field"}) {
    if (!step.has(name)) continue;
    const auto* value = at_pointer(body, std::string("/error/") + name);
    Condition wanted;
    wanted.is = step.text(name);
    const auto wrong = value ? complaint(wanted, *value) : std::string("is missing");
    if (!wrong.empty()) return fmt::format("{} {}", name, wrong);
  }
  return {};
}

/// The same client at another port of this machine.
template <class Port>
http::HttpClient at_port(const http::HttpClient& client, const Port& port) {
  http::HttpClient other(fmt::format("http://127.0.0.1:{}", port));
  other.set_token(client.token());
  return other;
}

base::Result<Exchange> exchange_of(const StepContext& step, http::HttpClient client) {
  const auto filled = step.filled("path");
  if (!filled) return filled.error();
  auto path = step.with_ids(*filled);
  if (!path) return path.error();
  auto body = step.filled("body");
  if (!body) return body.error();
  client.set_source(step.text("from", ""));
  return Exchange{std::move(client), step.text("method", "GET"), *std::move(path), *std::move(body)};
}

/// Only who was refused or cut off has not been served; nobody knows that of a client that gave up itself.
Outcome expect_no_answer(const Exchange& exchange, const base::Result<http::Response>& answer) {
  if (answer) return failed(fmt::format("{} answers {}", exchange.client.base_url(), answer->status));
  if (answer.error().kind == base::ErrorKind::unavailable) return passed_with(answer.error().message);
  return failed(fmt::format("neither refused nor closed: {}", answer.error().message));
}

/// Judges an answer, and keeps what the step wants of it.
Outcome judge(const StepContext& step, const Exchange& exchange, const http::Response& answer) {
  const auto what = fmt::format("{} {} answers {} {}", exchange.method, exchange.path, answer.status,
                                answer.body.substr(0, 300));
  if (answer.status != static_cast<int>(step.number("status").value_or(200)))
    return failed(fmt::format("{}, not {}", what, step.text("status", "200")));
  json::error_code error;
  const auto parsed = json::parse(answer.body, error);
  const auto body = error ? json::value() : parsed;
  if (const auto wrong = error_complaint(step, body); !wrong.empty())
    return failed(fmt::format("{}: {}", what, wrong));
  const auto wrong = text_complaint(step, answer.body);
  if (!wrong) return of_author(wrong.error().message);
  if (!wrong->empty()) return failed(fmt::format("{}, {}", what, *wrong));
  if (step.has("take-body"))
    step.bench.values.put(step.text("take-body"), std::make_shared<std::string>(answer.body));
  if (step.has("take")) {
    if (const auto missing = take_values(step, body); !missing.empty())
      return failed(fmt::format("{}, without a text or number {}", what, missing));
  }
  if (!step.has("keep")) return passed_with(what);
  auto session = parse_vms_session(body);
  if (!session) return failed(session.error().message);
  step.bench.sessions.put(step.text("keep"), std::make_shared<VmsSession>(*std::move(session)));
  return passed_with(
      fmt::format("{} {} answers {} with a session", exchange.method, exchange.path, answer.status));
}

Outcome expect_response(StepContext& step) {
  auto client = client_of(step);
  if (!client && step.has("via")) return {reports::Verdict::skip, client.error().message};
  if (!client) return of_author(client.error().message);
  if (step.text("over", "http") == "https") client = over_tls(step, *client);
  if (!client) return of_vms(client.error());
  if (const auto port = step.number("port")) client = at_port(*client, *port);
  if (step.has("through")) {
    const auto port = step.bench.values.find(step.text("through") + ".port");
    if (!port) return of_author(fmt::format("the rig has no relay \"{}\"", step.text("through")));
    client = at_port(*client, *port);
  }
  const auto exchange = exchange_of(step, *std::move(client));
  if (!exchange) return of_author(exchange.error().message);
  Outcome outcome;
  const auto ask = [&] {
    const auto answer = exchange->client.request(exchange->method, exchange->path, exchange->body);
    if (step.text("connects", "yes") == "no")
      outcome = expect_no_answer(*exchange, answer);
    else
      outcome = answer ? judge(step, *exchange, *answer) : of_vms(answer.error());
    return outcome.verdict != reports::Verdict::fail;
  };
  if (step.has("within"))
    step.wait_for(step.deadline({}), ask);
  else
    ask();
  return outcome;
}

}  // namespace

std::vector<StepDefinition> response_steps() {
  using enum AttributeKind;
  return {
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
         {"lacks", text},
         {"in-order", text},
         {"as", name},
         {"keep", name},
         {"via", choice, false, "network"},
         {"take-body", name},
         {"from", text},
         {"port", count},
         {"through", name},
         {"over", choice, false, "http|https"},
         {"connects", choice, false, "yes|no"},
         {"take", fields},
         {"within", duration}}},
       expect_response},
  };
}

}  // namespace watchrig::scenarios
