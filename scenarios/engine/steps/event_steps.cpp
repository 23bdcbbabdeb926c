#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

constexpr auto default_within = std::chrono::seconds(10);
/// An event takes this long at most to reach the judge after it happened, in real time.
constexpr auto arrival_grace = std::chrono::seconds(1);

struct Wanted {
  std::string type;
  std::string channel;
  std::string cause;
  base::UtcTime since{};

  bool fits(const VmsEvent& event) const {
    const bool about = cause.empty() || event.cause.find(cause) != std::string::npos ||
                       event.message.find(cause) != std::string::npos;
    return event.type == type && (channel.empty() || event.channel == channel) && about &&
           event.time >= since;
  }
};

Wanted wanted_of(const StepContext& step, base::UtcTime since) {
  return {step.text("event"), step.text("channel"), step.text("cause"), since};
}

std::optional<VmsEvent> first_that_fits(const StepContext& step, const Wanted& wanted) {
  const auto events = step.bench.events().select([&](const VmsEvent& event) { return wanted.fits(event); });
  if (events.empty()) return std::nullopt;
  return events.front();
}

std::string describe(const VmsEvent& event) {
  return fmt::format("{} at {}: {}{}", event.type, base::format_utc(event.time), event.message,
                     event.cause.empty() ? "" : fmt::format(" (cause: {})", event.cause));
}

/// What came in place of the event that was wanted, to explain why it did not come.
std::string others(const StepContext& step, const Wanted& wanted) {
  const auto events = step.bench.events().select([&](const VmsEvent& event) {
    return event.time >= wanted.since && (wanted.channel.empty() || event.channel == wanted.channel);
  });
  if (events.empty()) return "no event at all came";
  return fmt::format("the last of {} events that came is {}", events.size(), describe(events.back()));
}

Outcome expect(StepContext& step) {
  const auto since = step.moment("since", step.branch.action_begin);
  if (!since) return of_author(since.error().message);
  const auto wanted = wanted_of(step, *since);
  const auto latest = step.has("since") ? *since + step.duration("within").value_or(default_within)
                                        : step.deadline(default_within);
  const auto scale = step.bench.clock.settings().scale;
  const auto grace =
      std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(arrival_grace) * scale);
  std::optional<VmsEvent> found;
  const auto came = [&] { return (found = first_that_fits(step, wanted)).has_value(); };
  const bool met =
      step.bench.halt.wait_until(std::max(latest, step.bench.clock.now()) + grace, came) == Halt::Wake::met;
  const auto name = fmt::format("{}{}{}", wanted.type, wanted.channel.empty() ? "" : " of " + wanted.channel,
                                wanted.cause.empty() ? "" : fmt::format(" with \"{}\"", wanted.cause));
  if (!met || !found) {
    return failed(fmt::format("no event {} by {}; {}", name, base::format_utc(latest), others(step, wanted)));
  }
  if (found->time > latest) {
    const auto late = std::chrono::duration<double>(found->time - latest).count();
    return failed(
        fmt::format("event {} came {:.3f} s too late, at {}", name, late, base::format_utc(found->time)));
  }
  return passed_with(describe(*found));
}

Outcome expect_no(StepContext& step) {
  const auto since = step.moment("since", step.branch.action_begin);
  if (!since) return of_author(since.error().message);
  const auto wanted = wanted_of(step, *since);
  std::optional<VmsEvent> found;
  const auto came = [&] { return (found = first_that_fits(step, wanted)).has_value(); };
  const auto until = step.bench.clock.now() + step.duration("for").value_or(base::Duration{});
  const auto wake = step.bench.halt.wait_until(until, came);
  step.bench.events().fetch();
  if (wake == Halt::Wake::halted) return {reports::Verdict::inconclusive, "the wait was cut short"};
  if (came() && found) return failed("an event came that must not: " + describe(*found));
  return {};
}

}  // namespace

std::vector<StepDefinition> event_steps() {
  using enum AttributeKind;
  const std::vector<AttributeSyntax> attributes{
      {"event", name, true}, {"channel", name}, {"within", duration}, {"since", moment}, {"cause", text}};
  return {
      {{"expect", Block::none, false, attributes}, expect},
      {{"wait-event", Block::none, false, attributes}, expect},
      {{"expect-no",
        Block::none,
        false,
        {{"event", name, true}, {"channel", name}, {"for", duration}, {"since", moment}, {"cause", text}}},
       expect_no},
  };
}

}  // namespace watchrig::scenarios
