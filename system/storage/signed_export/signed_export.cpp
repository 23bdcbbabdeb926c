#include "system/storage/signed_export/signed_export.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "system/storage/recording_export.hpp"
#include "system/storage/signed_export/export_archive.hpp"
#include "system/storage/signed_export/export_manifest.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::UtcTime;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 100;  // bytes of a channel's name in that of a file
constexpr int digits = 3;                  // of seconds

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

/// Writes one export; what it puts beside the file on the way goes with it.
class Export {
 public:
  Export(const Storage& storage, const SignedExportOrder& order, ExportArchive archive, fs::path part,
         const std::function<void(double)>& reached)
      : storage_(storage),
        order_(order),
        archive_(std::move(archive)),
        part_(std::move(part)),
        reached_(reached) {}
  ~Export() { remove_part(); }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;

  Result<> add(const SignedExportOrder::Channel& channel);
  Result<SignedExportSummary> finish(const platform::SigningKey& key, UtcTime made);

 private:
  Result<std::optional<UtcTime>> add_file(const SignedExportOrder::Channel& channel, UtcTime from);
  std::string unused_name(const std::string& name);
  void remove_part() const {
    std::error_code ignored;
    fs::remove(part_, ignored);
  }

  const Storage& storage_;
  const SignedExportOrder& order_;
  ExportArchive archive_;
  fs::path part_;
  const std::function<void(double)>& reached_;
  ExportManifest manifest_;
  std::set<std::string> names_;
  SignedExportSummary summary_;
};

std::string Export::unused_name(const std::string& name) {
  auto unused = name + ".mp4";
  for (int number = 2; !names_.insert(unused).second; ++number)
    unused = fmt::format("{} ({}).mp4", name, number);
  return unused;
}

/// Returns from when another file is needed.
Result<std::optional<UtcTime>> Export::add_file(const SignedExportOrder::Channel& channel, UtcTime from) {
  const auto before = static_cast<double>(manifest_.channels.size());
  const auto part =
      export_mp4_part(storage_, channel.id, channel.stream, from, order_.to, part_, [&](UtcTime time) {
        const auto of_this = std::chrono::duration<double>(time - order_.from) / (order_.to - order_.from);
        if (reached_)
          reached_((before + std::clamp(of_this, 0.0, 1.0)) / static_cast<double>(order_.channels.size()));
      });
  if (!part) return part.error();
  if (part->empty) return part->changes;
  ExportedFile file;
  file.name = unused_name(file_name_of(channel, part->summary.from));
  auto packed = archive_.add(file.name, part_);
  remove_part();
  if (!packed) return packed.error();
  file.channel = channel.id;
  file.from = base::format_utc(part->summary.from, 9);
  file.to = base::format_utc(part->summary.to, 9);
  file.frames = part->summary.frames;
  file.bytes = packed->bytes;
  file.sha256 = std::move(packed->whole);
  file.piece_sha256 = std::move(packed->pieces);
  summary_.frames += file.frames;
  ++summary_.files;
  manifest_.files.push_back(std::move(file));
  return part->changes;
}

Result<> Export::add(const SignedExportOrder::Channel& channel) {
  const auto spans = storage_.spans(channel.id, channel.stream, order_.from, order_.to);
  if (!spans) return spans.error();
  for (auto from = order_.from; from < order_.to;) {
    const auto next = add_file(channel, from);
    if (!next) return next.error();
    if (!*next) break;
    if (**next <= from) {
      return Error{
          ErrorKind::unsupported,
          fmt::format("the stream of channel \"{}\" changes at {}, and its times go back there; export "
                      "the time before and after it apart",
                      channel.name, base::format_utc(**next))};
    }
    from = **next;
  }
  ExportedChannel exported{channel.id, channel.name, channel.stream, {}};
  for (const auto& span : *spans) {
    exported.recorded.push_back({base::format_utc(span.from, 9), base::format_utc(span.to, 9), span.frames});
  }
  manifest_.channels.push_back(std::move(exported));
  return {};
}

Result<SignedExportSummary> Export::finish(const platform::SigningKey& key, UtcTime made) {
  if (manifest_.files.empty()) {
    return Error{ErrorKind::not_found,
                 fmt::format("nothing of these channels is recorded from {} to {}",
                             base::format_utc(order_.from), base::format_utc(order_.to))};
  }
  manifest_.format = export_form;
  manifest_.server = order_.server;
  manifest_.account = order_.account;
  manifest_.reason = order_.reason;
  manifest_.made = base::format_utc(made, digits);
  manifest_.from = base::format_utc(order_.from, 9);
  manifest_.to = base::format_utc(order_.to, 9);
  const auto text = write_manifest(manifest_);
  const auto signature = key.sign(text);
  if (signature.empty()) return Error{ErrorKind::io, "OpenSSL does not sign the manifest"};
  for (const auto& [name, content] : {std::pair(manifest_name, text), std::pair(signature_name, signature),
                                      std::pair(signer_name, key.public_key().pem())}) {
    if (auto added = archive_.add_text(name, content); !added) return added.error();
  }
  if (auto finished = archive_.finish(); !finished) return finished.error();
  Sha256 digest;
  digest.add(text.data(), text.size());
  summary_.manifest_sha256 = digest.take();
  return summary_;
}

Result<SignedExportSummary> write_export(const Storage& storage, const base::Clock& clock,
                                         const SignedExportOrder& order, const platform::SigningKey& key,
                                         const fs::path& file, const std::function<void(double)>& reached) {
  const auto made = clock.now();
  auto archive = ExportArchive::create(file, made);
  if (!archive) return archive.error();
  Export writing(storage, order, *std::move(archive), fs::path(file) += ".part", reached);
  for (const auto& channel : order.channels) {
    if (auto added = writing.add(channel); !added) return added.error();
  }
  return writing.finish(key, made);
}

}  // namespace

Result<SignedExportSummary> export_signed(const Storage& storage, const base::Clock& clock,
                                          const SignedExportOrder& order, const platform::SigningKey& key,
                                          const fs::path& file, const std::function<void(double)>& reached) {
  auto summary = write_export(storage, clock, order, key, file, reached);
  std::error_code ignored;
  if (!summary) fs::remove(file, ignored);
  return summary;
}

}  // namespace watchrig::storage
