#include <boost/json.hpp>

#include "scenarios/engine/recording_check.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto default_fresh = std::chrono::seconds(2);

Outcome record(StepContext& step) {
  const auto channel = step.bench.channels.find(step.text("channel"));
  if (!channel) return of_author(fmt::format("no channel \"{}\" was added", step.text("channel")));
  const auto plan = step.text("plan", "continuous");
  const auto stream = step.text("stream", "main");
  const auto now = step.bench.clock.now();
  const auto path = fmt::format("/api/v1/channels/{}/recording", http::percent_encode(channel->id));
  const auto answer =
      step.bench.vms.api().json("PUT", path, json::object{{"plan", plan}, {"stream", stream}});
  if (!answer) return of_vms(answer.error());
  auto changed = std::make_shared<Channel>(*channel);
  changed->stream = stream;
  if (!changed->record_begin) changed->record_begin = now;
  step.bench.channels.put(changed->name, changed);
  return {};
}

MatchExpectation expectation(const StepContext& step) {
  MatchExpectation expected;
  expected.bit_exact = step.text("frames", "bit-exact") == "bit-exact";
  expected.max_gap = step.duration("max-gap");
  expected.lost_at_most = step.duration("lost-at-most").value_or(base::Duration{});
  expected.covering = step.duration("covering");
  return expected;
}

Outcome expect_recording(StepContext& step) {
  const auto channel = step.bench.channels.find(step.text("channel"));
  if (!channel) return of_author(fmt::format("no channel \"{}\" was added", step.text("channel")));
  const auto from = step.moment("from", channel->record_begin.value_or(step.bench.begin));
  const auto to = step.moment("to", step.bench.clock.now());
  if (!from) return of_author(from.error().message);
  if (!to) return of_author(to.error().message);
  const auto stream = step.text("stream", channel->stream);
  const auto name = fmt::format("recording-{}.mp4", step.bench.next_number());
  const auto file = step.bench.evidence.path(name);
  const auto keeper = step.text("kept-by", "server") == "device" ? Keeper::device : Keeper::server;
  if (const auto done = download_export(step.bench, *channel, stream, keeper, *from, *to, file); !done) {
    return of_vms(done.error());
  }
  const auto media = read_export(file);
  if (!media) return failed(fmt::format("export of {}: {}", channel->name, media.error().message));
  LedgerMatch match;
  std::vector<LedgerUnit> ledger;
  auto outcome =
      compare_with_ledger(step.bench, *channel, stream, *media, *from, *to,
                          step.duration("fresh").value_or(default_fresh), expectation(step), match, ledger);
  if (outcome.verdict == reports::Verdict::pass) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  } else {
    step.bench.evidence.add("recording of " + channel->name, reports::EvidenceKind::video, name);
  }
  return outcome;
}

}  // namespace

std::vector<StepDefinition> recording_steps() {
  using enum AttributeKind;
  return {
      {{"record",
        Block::none,
        true,
        {{"channel", name, true}, {"plan", choice, false, "continuous|none"}, stream_attribute}},
       record},
      {{"expect-recording",
        Block::none,
        false,
        {{"channel", name, true},
         stream_attribute,
         {"kept-by", choice, false, "server|device"},
         {"from", moment},
         {"to", moment},
         {"frames", choice, false, "bit-exact|any"},
         {"max-gap", duration},
         {"lost-at-most", duration},
         {"covering", duration},
         {"fresh", duration}}},
       [](StepContext& step) { return step.unless_rig_was_late(expect_recording(step)); }},
  };
}

}  // namespace watchrig::scenarios
