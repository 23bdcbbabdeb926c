#include "system/storage/signed_export/export_work.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "system/storage/recording_export.hpp"
#include "system/storage/signed_export/export_records.hpp"
#include "system/storage/signed_export/file_digest.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::UtcTime;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 100;  // bytes of a channel's name in that of a file
constexpr int digits = 3;                  // of seconds
constexpr const char* zip_name = "zip.json";

/// What any file system takes: no separators, no control characters, nothing that Windows refuses.
std::string file_name_of(const SignedExportOrder::Channel& channel, UtcTime from) {
  auto name = channel.name.substr(0, longest_name);
  // A character that was cut goes whole.
  if (name.size() < channel.name.size()) {
    while (!name.empty() && (static_cast<unsigned char>(channel.name[name.size()]) & 0xc0) == 0x80)
      name.pop_back();
  }
  constexpr std::string_view refused = "/\\:*?\"<>|";
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f' || refused.find(c) != std::string_view::npos)
      c = '_';
  }
  name.erase(0, std::min(name.find_first_not_of(". "), name.size()));
  auto time = base::format_utc(from, digits);
  std::ranges::replace(time, ':', '-');
  return fmt::format("{} {}", name.empty() ? channel.id : name, time);
}

/// Works on one export.
class Work {
 public:
  Work(const Storage& storage, const SignedExportOrder& order, fs::path folder,
       const SignedExportLimits& limits, const ExportPace& pace)
      : storage_(storage), order_(order), folder_(std::move(folder)), limits_(limits), pace_(pace) {}

  Result<SignedExportSummary> run(const platform::SigningKey& key, const base::Clock& clock);

 private:
  void take_up();
  Result<> see_room() const;
  Result<> add(std::uint64_t channel, UtcTime from);
  Result<std::optional<UtcTime>> add_file(std::uint64_t channel, UtcTime from);
  Result<> describe(ExportedPart& part, const ExportPart& written, UtcTime from);
  Result<SignedExportSummary> finish(const platform::SigningKey& key, UtcTime made);
  ExportManifest manifest(UtcTime made) const;
  std::string unused_name(const std::string& name);
  fs::path part_file(std::size_t number, std::string_view suffix) const {
    return folder_ / fmt::format("part-{:05}.{}", number, suffix);
  }

  const Storage& storage_;
  const SignedExportOrder& order_;
  const fs::path folder_;
  const SignedExportLimits& limits_;
  const ExportPace& pace_;
  std::vector<ExportedPart> parts_;  ///< that are complete
  std::set<std::string> names_;
};

/// What an earlier attempt has left.
void Work::take_up() {
  for (;;) {
    const auto number = parts_.size();
    auto part = read_record<ExportedPart>(part_file(number, "json"));
    std::error_code failure;
    if (!part || part->channel >= order_.channels.size() ||
        fs::file_size(part_file(number, "mp4"), failure) != part->file.bytes || failure)
      return;
    names_.insert(part->file.name);
    parts_.push_back(*std::move(part));
  }
}

Result<> Work::see_room() const {
  std::uint64_t bytes = 0;
  for (const auto& channel : order_.channels) {
    // A month of it takes a while to look up.
    if (pace_ && !pace_(0, 0)) return Error{ErrorKind::cancelled, "the export was broken off"};
    const auto spans = storage_.spans(channel.id, channel.stream, order_.from, order_.to);
    if (!spans) return spans.error();
    for (const auto& span : *spans) bytes += span.bytes;
  }
  constexpr double giga = 1e9;
  if (bytes > limits_.bytes) {
    return Error{ErrorKind::full,
                 fmt::format("these recordings have {:.1f} GB, and an export at most {:.1f}: export fewer "
                             "channels, or a shorter time",
                             static_cast<double>(bytes) / giga, static_cast<double>(limits_.bytes) / giga)};
  }
  std::uint64_t done = 0;
  for (const auto& part : parts_) done += part.file.bytes;
  std::error_code failure;
  const auto space = fs::space(folder_, failure);
  if (failure) return base::os_error("look at", folder_.string(), failure.value());
  const auto needed = bytes > done ? bytes - done : 0;
  if (space.available < limits_.free || space.available - limits_.free < needed) {
    return Error{
        ErrorKind::full,
        fmt::format("the export needs {:.1f} GB more, and {} has {:.1f} GB left, of which {:.1f} stay "
                    "free: remove exports, or export fewer channels or a shorter time",
                    static_cast<double>(needed) / giga, folder_.string(),
                    static_cast<double>(space.available) / giga, static_cast<double>(limits_.free) / giga)};
  }
  return {};
}

std::string Work::unused_name(const std::string& name) {
  auto unused = name + ".mp4";
  for (int number = 2; !names_.insert(unused).second; ++number)
    unused = fmt::format("{} ({}).mp4", name, number);
  return unused;
}

Result<> Work::describe(ExportedPart& part, const ExportPart& written, UtcTime from) {
  const auto& channel = order_.channels[part.channel];
  const auto number = parts_.size();
  auto digests = digest_file(part_file(number, "mp4"));
  if (!digests) return digests.error();
  auto& file = part.file;
  file.name = unused_name(file_name_of(channel, written.summary.from));
  file.channel = channel.id;
  file.from = base::format_utc(written.summary.from, 9);
  file.to = base::format_utc(written.summary.to, 9);
  file.frames = written.summary.frames;
  file.bytes = digests->bytes;
  file.sha256 = std::move(digests->whole);
  file.piece_sha256 = std::move(digests->pieces);
  part.crc32 = digests->crc32;
  if (written.rest) part.rest = base::format_utc(*written.rest, 9);
  // What is recorded of now grows: not beyond the last picture that is shown.
  const auto until = written.rest.value_or(std::min(order_.to, written.summary.to + least_hole));
  const auto spans = storage_.spans(channel.id, channel.stream, from, until);
  if (!spans) return spans.error();
  for (const auto& span : *spans)
    part.recorded.push_back({base::format_utc(span.from, 9), base::format_utc(span.to, 9), span.frames});
  return {};
}

/// Returns from when another file is needed.
Result<std::optional<UtcTime>> Work::add_file(std::uint64_t channel, UtcTime from) {
  const auto& [id, name, stream] = order_.channels[channel];
  const auto number = parts_.size();
  if (number == limits_.files) {
    return Error{ErrorKind::full,
                 fmt::format("the export has more than {} files: export a shorter time", number)};
  }
  const auto watch = [&](const media::AccessUnit& unit) {
    const auto of_this = std::chrono::duration<double>(unit.time - order_.from) / (order_.to - order_.from);
    const auto done = static_cast<double>(channel) + std::clamp(of_this, 0.0, 1.0);
    return !pace_ || pace_(done / static_cast<double>(order_.channels.size()), unit.payload.size());
  };
  const auto written = export_mp4_part(storage_, id, stream, from, order_.to, part_file(number, "mp4"),
                                       limits_.file_bytes, watch);
  if (!written) return written.error();
  if (written->empty) return written->rest;
  ExportedPart part;
  part.channel = channel;
  if (auto described = describe(part, *written, from); !described) return described.error();
  if (auto safe = platform::sync_to_disk(part_file(number, "mp4")); !safe) return safe.error();
  if (auto kept = write_record(part_file(number, "json"), part); !kept) return kept.error();
  parts_.push_back(std::move(part));
  return written->rest;
}

Result<> Work::add(std::uint64_t channel, UtcTime from) {
  while (from < order_.to) {
    const auto next = add_file(channel, from);
    if (!next) return next.error();
    if (!*next) break;
    if (**next <= from) {
      return Error{
          ErrorKind::unsupported,
          fmt::format("the stream of channel \"{}\" changes at {}, and its times go back there; export "
                      "the time before and after it apart",
                      order_.channels[channel].name, base::format_utc(**next))};
    }
    from = **next;
  }
  return {};
}

ExportManifest Work::manifest(UtcTime made) const {
  ExportManifest manifest;
  manifest.format = export_form;
  manifest.server = order_.server;
  manifest.account = order_.account;
  manifest.reason = order_.reason;
  manifest.made = base::format_utc(made, digits);
  manifest.from = base::format_utc(order_.from, 9);
  manifest.to = base::format_utc(order_.to, 9);
  for (const auto& channel : order_.channels)
    manifest.channels.push_back({channel.id, channel.name, channel.stream, {}});
  for (const auto& part : parts_) {
    manifest.files.push_back(part.file);
    auto& recorded = manifest.channels[part.channel].recorded;
    for (const auto& span : part.recorded) {
      if (!recorded.empty() && recorded.back().to == span.from) {
        recorded.back().to = span.to;
        recorded.back().frames += span.frames;
      } else {
        recorded.push_back(span);
      }
    }
  }
  return manifest;
}

Result<SignedExportSummary> Work::finish(const platform::SigningKey& key, UtcTime made) {
  const auto text = write_manifest(manifest(made));
  if (text.size() > most_manifest_bytes)
    return Error{ErrorKind::full, "the manifest gets too large: export fewer channels, or a shorter time"};
  const auto signature = key.sign(text);
  if (signature.empty()) return Error{ErrorKind::io, "OpenSSL does not sign the manifest"};
  SignedExportSummary summary;
  ZipContent content{base::format_utc(made, digits), {}};
  for (const auto& part : parts_) {
    const auto& file = part.file;
    content.entries.push_back(
        {file.name, part_file(content.entries.size(), "mp4").filename(), file.bytes, part.crc32});
    summary.frames += file.frames;
    summary.bytes += file.bytes;
    ++summary.files;
  }
  for (const auto& [name, of_name] : {std::pair(manifest_name, text), std::pair(signature_name, signature),
                                      std::pair(signer_name, key.public_key().pem())}) {
    if (auto written = platform::write_text_file(folder_ / name, of_name); !written) return written.error();
    const auto crc = crc32_with(0, of_name.data(), of_name.size());
    content.entries.push_back({std::string(name), std::string(name), of_name.size(), crc});
  }
  platform::Sha256 digest;
  digest.add(text.data(), text.size());
  summary.manifest_sha256 = digest.take();
  if (auto kept = write_record(folder_ / zip_name, content); !kept) return kept.error();
  return summary;
}

Result<SignedExportSummary> Work::run(const platform::SigningKey& key, const base::Clock& clock) {
  take_up();
  if (auto room = see_room(); !room) return room.error();
  std::uint64_t channel = parts_.empty() ? 0 : parts_.back().channel;
  auto from = order_.from;
  if (!parts_.empty()) {
    const auto rest = base::parse_utc(parts_.back().rest);
    if (rest) from = *rest;
    if (!rest) ++channel;
  }
  for (; channel < order_.channels.size(); ++channel, from = order_.from) {
    if (auto added = add(channel, from); !added) return added.error();
  }
  if (parts_.empty()) {
    return Error{ErrorKind::not_found,
                 fmt::format("nothing of these channels is recorded from {} to {}",
                             base::format_utc(order_.from), base::format_utc(order_.to))};
  }
  return finish(key, clock.now());
}

}  // namespace

Result<SignedExportSummary> make_signed_export(const Storage& storage, const base::Clock& clock,
                                               const SignedExportOrder& order,
                                               const platform::SigningKey& key, const fs::path& folder,
                                               const SignedExportLimits& limits, const ExportPace& pace) {
  return Work(storage, order, folder, limits, pace).run(key, clock);
}

Result<std::vector<ZipPiece>> zip_of_export(const fs::path& folder) {
  const auto content = read_record<ZipContent>(folder / zip_name);
  if (!content) return content.error();
  const auto made = base::parse_utc(content->made);
  if (!made) return made.error();
  std::vector<ZipEntry> entries;
  for (const auto& entry : content->entries)
    entries.push_back({entry.name, entry.bytes, entry.crc32, {}, folder / entry.file});
  return lay_out_zip(std::move(entries), *made);
}

}  // namespace watchrig::storage
