#include <cmath>

#include "scenarios/engine/recording_check.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

/// How far the ends of an export may lie from the moments that were asked for: the times of judge and server
/// differ by what a picture takes from the camera to the server.
constexpr base::Duration default_edge = std::chrono::milliseconds(500);

double seconds(base::Duration time) { return std::chrono::duration<double>(time).count(); }

Outcome make_export(StepContext& step) {
  const auto channel = step.bench.channels.find(step.text("channel"));
  if (!channel) return of_author(fmt::format("no channel \"{}\" was added", step.text("channel")));
  const auto from = step.moment("from", step.bench.begin);
  const auto to = step.moment("to", step.bench.clock.now());
  if (!from) return of_author(from.error().message);
  if (!to) return of_author(to.error().message);
  auto made = std::make_shared<Export>();
  const auto file = fmt::format("export-{}.mp4", step.bench.next_number());
  made->file = step.bench.evidence.path(file);
  made->channel = channel;
  made->stream = step.text("stream", channel->stream);
  made->from = *from;
  made->to = *to;
  if (const auto done =
          download_export(step.bench, *channel, made->stream, Keeper::server, *from, *to, made->file);
      !done) {
    return of_vms(done.error());
  }
  step.bench.evidence.add(fmt::format("export {}", step.text("as")), reports::EvidenceKind::video, file);
  step.bench.exports.put(step.text("as"), made);
  return {};
}

/// Whether the file begins and ends where it was asked to.
Outcome check_ends(const Export& made, const std::vector<LedgerUnit>& ledger, const LedgerMatch& match,
                   base::Duration edge) {
  const auto begin = ledger[match.first].time;
  const auto end = ledger[match.last].time;
  if (begin < made.from - edge || begin > made.from + edge) {
    return failed(fmt::format("the export begins at {}, {} was asked for", base::format_utc(begin),
                              base::format_utc(made.from)));
  }
  if (end < made.to - edge || end > made.to + edge) {
    return failed(fmt::format("the export ends at {}, {} was asked for", base::format_utc(end),
                              base::format_utc(made.to)));
  }
  return {};
}

Outcome check_frames(StepContext& step, const Export& made, const ExportedMedia& media, base::Duration edge) {
  LedgerMatch match;
  std::vector<LedgerUnit> ledger;
  auto outcome = compare_with_ledger(step.bench, *made.channel, made.stream, media, made.from, made.to, edge,
                                     {}, match, ledger);
  if (outcome.verdict != reports::Verdict::pass) return outcome;
  if (auto ends = check_ends(made, ledger, match, edge); ends.verdict != reports::Verdict::pass) return ends;
  return outcome;
}

Outcome check_probe(StepContext& step, const Export& made, const ExportedMedia& media, base::Duration edge) {
  const auto report = step.bench.evidence.path(made.file.stem().string() + ".ffprobe.json");
  const auto probe = probe_media(made.file, report);
  if (!probe) return failed(probe.error().message);
  if (!probe->complaints.empty()) return failed("ffprobe complains: " + probe->complaints);
  if (probe->pictures != media.digests.size()) {
    return failed(
        fmt::format("ffprobe decodes {} pictures, the file holds {}", probe->pictures, media.digests.size()));
  }
  if (!probe->ascending) return failed("ffprobe sees presentation times that do not ascend");
  const double wanted = seconds(made.to - made.from);
  if (std::abs(probe->duration - wanted) > seconds(edge)) {
    return failed(fmt::format("ffprobe measures {:.3f} s, {:.3f} s were asked for", probe->duration, wanted));
  }
  if (step.has("codec") && probe->video_codec != step.text("codec")) {
    return failed(fmt::format("ffprobe sees {}, not {}", probe->video_codec, step.text("codec")));
  }
  if (!step.yes("audio")) return {};
  if (probe->audio_codec.empty()) return failed("ffprobe sees no audio");
  if (std::abs(probe->audio_duration - wanted) > seconds(edge)) {
    return failed(fmt::format("ffprobe measures {:.3f} s of audio, {:.3f} s were asked for",
                              probe->audio_duration, wanted));
  }
  return {};
}

Outcome expect_export(StepContext& step) {
  const auto made = step.bench.exports.find(step.text("as"));
  if (!made) return of_author(fmt::format("there is no export \"{}\"", step.text("as")));
  const auto edge = step.duration("edge").value_or(default_edge);
  const auto media = read_export(made->file);
  if (!media) return failed(media.error().message);
  if (!media->ascending) return failed("presentation times of the export do not ascend");
  Outcome outcome = passed_with(fmt::format("{} pictures", media->digests.size()));
  if (step.text("frames") == "bit-exact") outcome = check_frames(step, *made, *media, edge);
  if (outcome.verdict != reports::Verdict::pass) return outcome;
  if (step.yes("ffprobe") || step.yes("audio") || step.has("codec")) {
    const auto probed = check_probe(step, *made, *media, edge);
    if (probed.verdict != reports::Verdict::pass) return probed;
    outcome.message += "; ffprobe agrees";
  }
  return outcome;
}

}  // namespace

std::vector<StepDefinition> export_steps() {
  using enum AttributeKind;
  return {
      {{"export",
        Block::none,
        true,
        {{"channel", name, true}, {"as", name, true}, {"from", moment}, {"to", moment}, stream_attribute}},
       make_export},
      {{"expect-export",
        Block::none,
        false,
        {{"as", name, true},
         {"frames", choice, false, "bit-exact|any"},
         {"ffprobe", boolean},
         {"audio", boolean},
         {"codec", text},
         {"edge", duration}}},
       [](StepContext& step) { return step.unless_rig_was_late(expect_export(step)); }},
  };
}

}  // namespace watchrig::scenarios
