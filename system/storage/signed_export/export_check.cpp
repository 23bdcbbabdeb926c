#include "system/storage/signed_export/export_check.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <map>

#include <fmt/format.h>

#include "system/storage/signed_export/file_digest.hpp"
#include "system/storage/signed_export/utf8_names.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t block_bytes = 64 * 1024;
constexpr std::size_t most_entries = 100'000;

/// What is in a ZIP.
struct Content {
  std::map<std::string, FileDigest::Digests> files;
  std::map<std::string, std::string> texts;  ///< manifest, signature and signer
  std::vector<std::string> oddities;
};

bool is_text(std::string_view name) {
  return name == manifest_name || name == signature_name || name == signer_name;
}

/// Reads a ZIP that anybody may have made.
class Reading {
 public:
  Reading() : archive_(archive_read_new(), archive_read_free) {}
  Result<Content> read(const fs::path& file);

 private:
  void take(const std::string& name);
  Error no_export(const fs::path& file) const;

  const Utf8Names names_;
  std::unique_ptr<archive, decltype(&archive_read_free)> archive_;
  Content content_;
};

Error Reading::no_export(const fs::path& file) const {
  const auto* why = archive_ ? archive_error_string(archive_.get()) : nullptr;
  return {ErrorKind::invalid, fmt::format("{} is no signed export: {}", file.string(), why ? why : "no ZIP")};
}

/// One entry.
void Reading::take(const std::string& name) {
  const bool text = is_text(name);
  FileDigest digest;
  std::string content;
  std::string block(block_bytes, '\0');
  la_ssize_t got = 0;
  while ((got = archive_read_data(archive_.get(), block.data(), block.size())) > 0) {
    const auto size = static_cast<std::size_t>(got);
    digest.add(block.data(), size);
    if (text && content.size() <= most_manifest_bytes) content.append(block, 0, size);
  }
  if (got < 0) {
    const auto* why = archive_error_string(archive_.get());
    content_.oddities.push_back(fmt::format("{}: cannot be read as it was: {}", name, why ? why : "damaged"));
  }
  const bool fresh = text ? content_.texts.emplace(name, std::move(content)).second
                          : content_.files.emplace(name, digest.take()).second;
  if (!fresh) content_.oddities.push_back(fmt::format("{}: is there more than once", name));
}

Result<Content> Reading::read(const fs::path& file) {
  std::error_code failure;
  if (!fs::is_regular_file(file, failure))
    return Error{ErrorKind::not_found, fmt::format("there is no file {}", file.string())};
  if (!archive_ || archive_read_support_format_zip_seekable(archive_.get()) != ARCHIVE_OK ||
      archive_read_open_filename(archive_.get(), file.c_str(), block_bytes) != ARCHIVE_OK)
    return no_export(file);
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  for (std::size_t entries = 0; (status = archive_read_next_header(archive_.get(), &entry)) != ARCHIVE_EOF;
       ++entries) {
    if (entries == most_entries || status == ARCHIVE_FATAL || status == ARCHIVE_RETRY) {
      if (entries == 0) return no_export(file);
      content_.oddities.push_back(fmt::format("what follows entry {} cannot be read", entries));
      break;
    }
    const auto* name = archive_entry_pathname_utf8(entry);
    take(name ? name : "");
  }
  return std::move(content_);
}

/// Which bytes are not as the manifest has them: neighbours together.
void compare_pieces(const ExportedFile& file, const FileDigest::Digests& found,
                    std::vector<std::string>& changes) {
  const auto size = std::max(file.piece_sha256.size(), found.pieces.size());
  const auto same = [&](std::size_t at) {
    return at < file.piece_sha256.size() && at < found.pieces.size() &&
           file.piece_sha256[at] == found.pieces[at];
  };
  const auto before = changes.size();
  for (std::size_t at = 0; at < size; ++at) {
    if (same(at)) continue;
    const auto first = at;
    while (at + 1 < size && !same(at + 1)) ++at;
    changes.push_back(fmt::format("{}: was changed in its bytes {} to {}", file.name, first * piece_bytes,
                                  std::max(file.bytes, found.bytes) < (at + 1) * piece_bytes
                                      ? std::max(file.bytes, found.bytes) - 1
                                      : (at + 1) * piece_bytes - 1));
  }
  if (changes.size() == before) changes.push_back(fmt::format("{}: was changed", file.name));
}

void compare_files(const ExportManifest& manifest, std::map<std::string, FileDigest::Digests>& files,
                   std::vector<std::string>& changes) {
  for (const auto& file : manifest.files) {
    const auto found = files.extract(file.name);
    if (!found) {
      changes.push_back(fmt::format("{}: is missing", file.name));
    } else if (found.mapped().whole != file.sha256 || found.mapped().bytes != file.bytes) {
      compare_pieces(file, found.mapped(), changes);
    }
  }
  for (const auto& [name, digests] : files) changes.push_back(fmt::format("{}: was added", name));
}

}  // namespace

Result<ExportFindings> check_export(const fs::path& file, const std::optional<platform::PublicKey>& signer) {
  Reading reading;
  auto content = reading.read(file);
  if (!content) return content.error();
  const auto text = content->texts.find(std::string(manifest_name));
  if (text == content->texts.end())
    return Error{ErrorKind::invalid,
                 fmt::format("{} is no signed export: it has no {}", file.string(), manifest_name)};
  ExportFindings findings;
  findings.changes = std::move(content->oddities);
  auto& changes = findings.changes;
  const auto own = platform::PublicKey::from_pem(content->texts[std::string(signer_name)]);
  if (!own) changes.push_back(fmt::format("{}: {}", signer_name, own.error().message));
  if (own && signer && *own != *signer) {
    changes.push_back(
        fmt::format("{}: is another key than the one that was given, {}", signer_name, own->fingerprint()));
  }
  const auto judge = signer ? signer : own ? std::optional(*own) : std::nullopt;
  if (judge) findings.signer = judge->fingerprint();
  if (!judge || !judge->has_signed(text->second, content->texts[std::string(signature_name)]))
    changes.push_back(
        fmt::format("{}: its signature is not of this signer, or it was changed", manifest_name));
  auto manifest = parse_manifest(text->second);
  if (manifest) {
    findings.manifest = *std::move(manifest);
    compare_files(findings.manifest, content->files, changes);
  } else if (changes.empty()) {
    return manifest.error();  // signed, and nothing that this program knows
  } else {
    changes.push_back(fmt::format("{}: {}", manifest_name, manifest.error().message));
  }
  return findings;
}

}  // namespace watchrig::storage
