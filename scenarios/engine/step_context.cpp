#include "scenarios/engine/step_context.hpp"

#include <algorithm>

#include "scenarios/engine/moment.hpp"
#include "scenarios/engine/rig_facts.hpp"
#include "system/base/base64.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

using reports::Verdict;

/// How often a condition is asked that only vmsd or the rig can answer, in real time.
constexpr auto ask_interval = std::chrono::milliseconds(50);

constexpr std::size_t most_bytes = 4 << 20;

/// What is no name of a kept value: `base64:` bytes, so many `bytes:`, and `time:` moments.
std::optional<std::string> written_out(const StepContext& step, std::string_view name) {
  const auto [kind, text] = base::split_once(name, ':');
  if (kind == "base64") {
    const auto bytes = base::from_base64(text);
    if (bytes) return std::string(bytes->begin(), bytes->end());
  }
  if (kind == "bytes") {
    const auto count = base::parse_number<std::size_t>(text);
    if (count && *count <= most_bytes) return std::string(*count, 'x');
  }
  const auto moment =
      kind == "time" || kind == "utc" ? parse_moment(text) : base::Result<Moment>(base::Error{});
  if (!moment) return std::nullopt;
  const auto time = step.bench.chronicle.resolve(*moment, step.bench.begin, step.bench.clock.now());
  if (!time) return std::nullopt;
  if (kind == "utc") return base::format_utc(*time);
  constexpr std::size_t to_the_minute = 16;
  auto shown = base::format_utc(*time).substr(0, to_the_minute);
  std::ranges::replace(shown, 'T', ' ');
  return shown;
}

/// Beyond this the rig no longer is a camera that keeps time.
constexpr base::Duration lateness_limit = std::chrono::milliseconds(300);

}  // namespace

std::string StepContext::text(std::string_view attribute, std::string_view otherwise) const {
  const auto found = step.attributes.find(attribute);
  return found == step.attributes.end() ? std::string(otherwise) : found->second;
}

std::optional<base::Duration> StepContext::duration(std::string_view attribute) const {
  if (!has(attribute)) return std::nullopt;
  const auto parsed = base::parse_duration(text(attribute));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<double> StepContext::number(std::string_view attribute) const {
  return has(attribute) ? base::parse_number<double>(text(attribute)) : std::nullopt;
}

base::Result<base::UtcTime> StepContext::moment(std::string_view attribute, base::UtcTime otherwise) const {
  if (!has(attribute)) return otherwise;
  const auto parsed = parse_moment(text(attribute));
  if (!parsed) return parsed.error();
  return bench.chronicle.resolve(*parsed, bench.begin, bench.clock.now());
}

base::Result<std::string> StepContext::filled(std::string_view attribute) const {
  std::string result;
  const std::string whole = text(attribute);
  std::string_view rest = whole;
  for (;;) {
    const auto open = rest.find("{{");
    const auto close = rest.find("}}", open);
    if (open == std::string_view::npos || close == std::string_view::npos) return result + std::string(rest);
    result += rest.substr(0, open);
    const std::string name(rest.substr(open + 2, close - open - 2));
    const auto kept = bench.values.find(name);
    auto value = kept ? std::optional(*kept) : rig_fact(bench, name);
    if (!value) value = written_out(*this, name);
    if (!value)
      return base::Error{base::ErrorKind::not_found, fmt::format("nothing was kept as \"{}\"", name)};
    result += *value;
    rest.remove_prefix(close + 2);
  }
}

base::Result<std::string> StepContext::with_ids(std::string_view text) const {
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

base::UtcTime StepContext::deadline(base::Duration otherwise) const {
  return branch.action_end + duration("within").value_or(otherwise);
}

Outcome StepContext::check_virtual(const std::string& id) const {
  const auto* device = bench.device(id);
  if (!device) return of_author(fmt::format("the rig has no device \"{}\"", id));
  if (!device->real) return {};
  return {Verdict::skip,
          fmt::format("{} is real; only a virtual device keeps a ledger and can be told to fail", id)};
}

Outcome StepContext::unless_rig_was_late(Outcome outcome) const {
  if (outcome.verdict != Verdict::fail) return outcome;
  const auto late = bench.rig_lateness();
  if (late <= lateness_limit) return outcome;
  return {
      Verdict::inconclusive,
      fmt::format(
          "the rig made its pictures up to {:.1f} s late, so this machine is too slow for this scenario: {}",
          std::chrono::duration<double>(late).count(), outcome.message)};
}

bool StepContext::wait_for(base::UtcTime until, const std::function<bool()>& condition) const {
  return bench.halt.poll_until(until, ask_interval, condition) == Halt::Wake::met;
}

Outcome failed(std::string message) { return {Verdict::fail, std::move(message)}; }
Outcome of_vms(const base::Error& error) { return {Verdict::fail, error.message}; }
Outcome of_rig(const base::Error& error) { return {Verdict::harness_error, "rig: " + error.message}; }
Outcome of_author(std::string message) { return {Verdict::harness_error, "scenario: " + std::move(message)}; }
Outcome passed_with(std::string message) { return {Verdict::pass, std::move(message)}; }

}  // namespace watchrig::scenarios
