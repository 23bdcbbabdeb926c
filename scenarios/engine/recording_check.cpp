#include "scenarios/engine/recording_check.hpp"

#include <unordered_set>

#include <fmt/format.h>

#include "scenarios/engine/child_process.hpp"

namespace watchrig::scenarios {

namespace {

/// The server's media time follows the arrival of packets, the ledger's that of capture.
constexpr auto time_margin = std::chrono::seconds(1);

std::string to_table(const std::vector<LedgerUnit>& ledger, const ExportedMedia& media) {
  const std::unordered_set<std::string_view> found(media.digests.begin(), media.digests.end());
  std::string table = "index\ttime\tkey\tsent\tharmed\tfound\tdigest\n";
  for (const auto& unit : ledger) {
    table += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", unit.index, base::format_utc(unit.time, 6),
                         unit.key ? 1 : 0, unit.sent, unit.harmed, found.contains(unit.digest) ? 1 : 0,
                         unit.digest);
  }
  return table;
}

}  // namespace

base::Result<> download_export(Bench& bench, const Channel& channel, const std::string& stream, Keeper keeper,
                               base::UtcTime from, base::UtcTime to, const std::filesystem::path& file) {
  auto path = fmt::format("/api/v1/channels/{}/{}export.mp4?from={}&to={}", http::percent_encode(channel.id),
                          keeper == Keeper::device ? "device-recordings/" : "", base::format_utc(from, 9),
                          base::format_utc(to, 9));
  if (keeper == Keeper::server) path += "&stream=" + stream;
  const auto done = bench.vms.api().download(path, file);
  if (done) return {};
  // Of a refusal the file holds the server's explanation.
  const auto explanation = tail_of_file(file, 3);
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return base::Error{done.error().kind, fmt::format("export of {}: {} {}", channel.name, done.error().message,
                                                    explanation.substr(0, 500))};
}

Outcome compare_with_ledger(Bench& bench, const Channel& channel, const std::string& stream,
                            const ExportedMedia& media, base::UtcTime from, base::UtcTime to,
                            base::Duration fresh, const MatchExpectation& expected, LedgerMatch& match,
                            std::vector<LedgerUnit>& ledger) {
  const auto* device = bench.device(channel.device);
  if (!device || device->real) {
    return {reports::Verdict::skip,
            fmt::format("{} is no virtual camera, so there is no ledger to compare with", channel.name)};
  }
  auto fetched =
      bench.rig()->ledger(channel.device, channel.rig_stream(stream), from - time_margin, to + time_margin);
  if (!fetched) return {reports::Verdict::harness_error, "rig: " + fetched.error().message};
  ledger = *std::move(fetched);
  match = match_ledger(ledger, media.digests, from - time_margin, to - fresh);
  auto outcome = judge_match(ledger, match, expected);
  if (outcome.verdict != reports::Verdict::pass) {
    outcome.message = fmt::format("{} ({}): {}", channel.name, stream, outcome.message);
    bench.evidence.write(
        fmt::format("what {} sent and what was found of it", device->id), reports::EvidenceKind::ledger,
        fmt::format("ledger-{}-{}.tsv", device->id, bench.next_number()), to_table(ledger, media));
  }
  return outcome;
}

}  // namespace watchrig::scenarios
