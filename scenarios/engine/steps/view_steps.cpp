#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

constexpr auto default_within = std::chrono::seconds(10);
constexpr auto ledger_margin = std::chrono::seconds(5);

Outcome open(StepContext& step) {
  const auto channel = step.bench.channels.find(step.text("channel"));
  if (!channel) return of_author(fmt::format("no channel \"{}\" was added", step.text("channel")));
  const bool tls = step.text("over", "rtsp") == "rtsps";
  const auto url = step.bench.live_url(*channel, step.text("stream", "main"), tls);
  if (url.starts_with('/')) return failed(fmt::format("vmsd has no {}", tls ? "rtsps" : "rtsp"));
  ViewOptions options{url, step.text("transport", "tcp") == "udp", step.yes("decode")};
  if (tls) {
    const auto root = step.bench.vms.api().request("GET", "/api/v1/certificates/ca.crt");
    if (!root) return of_vms(root.error());
    options.trusted = root->body;
  }
  const auto name = step.text("as");
  if (step.text("player", "watchrig") == "watchrig") {
    step.bench.views.put(name, open_view(options, step.bench.clock, step.bench.halt));
    return {};
  }
  const auto file = fmt::format("player-{}.txt", step.bench.next_number());
  auto player = open_player(options, step.bench.evidence.path(file));
  if (!player) return {reports::Verdict::harness_error, player.error().message};
  step.bench.evidence.add(fmt::format("what ffmpeg says of view {}", name), reports::EvidenceKind::log,
                          file + ".log");
  step.bench.views.put(name, *std::move(player));
  return {};
}

Outcome close(StepContext& step) {
  const auto view = step.bench.views.take(step.text("as"));
  return view ? Outcome{} : of_author(fmt::format("no view \"{}\" is open", step.text("as")));
}

Outcome check_gap(const StepContext& step, const View& view) {
  const auto limit = step.duration("gap");
  if (!limit) return {};
  const auto from = step.moment("since", step.bench.begin);
  if (!from) return of_author(from.error().message);
  const auto longest = view.longest_gap(*from, step.bench.clock.now());
  if (!longest) return of_author("this player does not tell when pictures come; leave out gap");
  const auto seconds = [](base::Duration time) { return std::chrono::duration<double>(time).count(); };
  if (*longest <= *limit) return passed_with(fmt::format("the longest gap is {:.3f} s", seconds(*longest)));
  return failed(fmt::format("view {} was without a picture for {:.3f} s, at most {} s are allowed",
                            step.text("as"), seconds(*longest), seconds(*limit)));
}

Outcome check_frames(const StepContext& step, const View& view) {
  if (step.text("frames") != "bit-exact") return {};
  const auto channel = step.bench.channels.find(step.text("channel"));
  if (!channel) return of_author("frames=\"bit-exact\" needs channel=\"…\", one that was added");
  if (auto checked = step.check_virtual(channel->device); checked.verdict != reports::Verdict::pass)
    return checked;
  // Before the ledger: what comes while that is asked for would be in one of the two only.
  const auto digests = view.digests();
  const auto now = step.bench.clock.now();
  const auto ledger =
      step.bench.rig()->ledger(channel->device, channel->rig_stream(step.text("stream", "main")),
                               step.bench.begin - ledger_margin, now);
  if (!ledger) return of_rig(ledger.error());
  // What is still on its way is no loss.
  auto match = match_ledger(*ledger, digests, step.bench.begin - ledger_margin, base::UtcTime::max());
  std::erase_if(match.lost, [&](const LedgerRun& run) { return run.first > match.last; });
  return judge_match(*ledger, match, {});
}

Outcome expect_view(StepContext& step) {
  const auto view = step.bench.views.find(step.text("as"));
  if (!view) return of_author(fmt::format("no view \"{}\" is open", step.text("as")));
  const auto wanted = static_cast<std::uint64_t>(step.number("units").value_or(1));
  View::Progress progress;
  const auto enough = [&] {
    progress = view->progress();
    return progress.pictures >= wanted || !progress.problem.empty();
  };
  step.wait_for(step.deadline(default_within), enough);
  if (progress.pictures < wanted) {
    return failed(fmt::format("view {} has {} pictures, not {}{}", step.text("as"), progress.pictures, wanted,
                              progress.problem.empty() ? "" : ": " + progress.problem));
  }
  if (!progress.problem.empty())
    return failed(fmt::format("view {} ended: {}", step.text("as"), progress.problem));
  if (auto gap = check_gap(step, *view); gap.verdict != reports::Verdict::pass) return gap;
  return check_frames(step, *view);
}

}  // namespace

std::vector<StepDefinition> view_steps() {
  using enum AttributeKind;
  return {
      {{"view",
        Block::none,
        true,
        {{"channel", name, true},
         {"as", name, true},
         stream_attribute,
         {"player", choice, false, "watchrig|ffmpeg"},
         {"transport", choice, false, "tcp|udp"},
         {"over", choice, false, "rtsp|rtsps"},
         {"decode", boolean}}},
       open},
      {{"close-view", Block::none, true, {{"as", name, true}}}, close},
      {{"expect-view",
        Block::none,
        false,
        {{"as", name, true},
         {"units", count},
         {"within", duration},
         {"gap", duration},
         {"since", moment},
         {"frames", choice, false, "bit-exact|any"},
         {"channel", name},
         stream_attribute}},
       [](StepContext& step) { return step.unless_rig_was_late(expect_view(step)); }},
  };
}

}  // namespace watchrig::scenarios
