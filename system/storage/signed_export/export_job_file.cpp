#include "system/storage/signed_export/export_job_file.hpp"

#include "system/storage/signed_export/export_records.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

struct KeptChannel {
  std::string id, name, stream;
};
BOOST_DESCRIBE_STRUCT(KeptChannel, (), (id, name, stream))

struct KeptJob {
  std::uint64_t number = 0;
  std::string state;
  std::vector<KeptChannel> channels;
  std::string from, to, server, account, reason, ordered, ended;
  std::uint64_t files = 0, frames = 0, bytes = 0;
  std::string manifest_sha256;
  std::string failure, failure_kind;
};
BOOST_DESCRIBE_STRUCT(KeptJob, (),
                      (number, state, channels, from, to, server, account, reason, ordered, ended, files,
                       frames, bytes, manifest_sha256, failure, failure_kind))

std::string text_of(base::UtcTime time) { return base::format_utc(time, 9); }

ErrorKind kind_from(const std::string& text) {
  for (int number = 0; number <= static_cast<int>(ErrorKind::conflict); ++number) {
    if (to_string(static_cast<ErrorKind>(number)) == text) return static_cast<ErrorKind>(number);
  }
  return ErrorKind::io;
}

}  // namespace

Result<> write_job(const std::filesystem::path& file, const ExportJob& job) {
  const auto& order = job.order;
  KeptJob kept;
  kept.number = job.number;
  kept.state = to_string(job.state);
  for (const auto& channel : order.channels)
    kept.channels.push_back({channel.id, channel.name, channel.stream});
  kept.from = text_of(order.from);
  kept.to = text_of(order.to);
  kept.server = order.server;
  kept.account = order.account;
  kept.reason = order.reason;
  kept.ordered = text_of(job.ordered);
  if (job.ended) kept.ended = text_of(*job.ended);
  kept.files = job.made.files;
  kept.frames = job.made.frames;
  kept.bytes = job.made.bytes;
  kept.manifest_sha256 = job.made.manifest_sha256;
  if (job.failure) {
    kept.failure = job.failure->message;
    kept.failure_kind = to_string(job.failure->kind);
  }
  return write_record(file, kept);
}

Result<ExportJob> read_job(const std::filesystem::path& file) {
  auto kept = read_record<KeptJob>(file);
  if (!kept) return kept.error();
  const auto state = export_state_from(kept->state);
  const auto from = base::parse_utc(kept->from);
  const auto to = base::parse_utc(kept->to);
  const auto ordered = base::parse_utc(kept->ordered);
  if (!state || !from || !to || !ordered)
    return Error{ErrorKind::corrupt, fmt::format("{} is damaged", file.string())};
  ExportJob job;
  job.number = kept->number;
  job.state = *state;
  for (auto& channel : kept->channels)
    job.order.channels.push_back({std::move(channel.id), std::move(channel.name), std::move(channel.stream)});
  job.order.from = *from;
  job.order.to = *to;
  job.order.server = std::move(kept->server);
  job.order.account = std::move(kept->account);
  job.order.reason = std::move(kept->reason);
  job.ordered = *ordered;
  if (const auto ended = base::parse_utc(kept->ended)) job.ended = *ended;
  job.progress = job.state == ExportState::done ? 1 : 0;
  job.made = {kept->files, kept->frames, kept->bytes, std::move(kept->manifest_sha256)};
  if (!kept->failure.empty()) job.failure = Error{kind_from(kept->failure_kind), std::move(kept->failure)};
  return job;
}

}  // namespace watchrig::storage
