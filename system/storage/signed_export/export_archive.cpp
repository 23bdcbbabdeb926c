#include "system/storage/signed_export/export_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/file_descriptor.hpp"
#include "system/storage/signed_export/utf8_names.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

namespace {
constexpr std::size_t piece_at_a_time = 1u << 20;
}

void ExportArchive::Free::operator()(archive* to) const { archive_write_free(to); }

Error ExportArchive::failure() const {
  const int number = archive_errno(archive_.get());
  const auto* why = archive_error_string(archive_.get());
  return {number == ENOSPC || number == EDQUOT ? ErrorKind::full : ErrorKind::io,
          fmt::format("write {}: {}", file_.string(), why ? why : "the archive is not taken")};
}

Result<ExportArchive> ExportArchive::create(const fs::path& file, base::UtcTime made) {
  ExportArchive to(archive_write_new(), file, made);
  const Utf8Names names;
  auto* handle = to.archive_.get();
  if (!handle || archive_write_set_format_zip(handle) != ARCHIVE_OK ||
      archive_write_zip_set_compression_store(handle) != ARCHIVE_OK ||
      archive_write_set_options(handle, "zip:hdrcharset=UTF-8") != ARCHIVE_OK ||
      archive_write_open_filename(handle, file.c_str()) != ARCHIVE_OK)
    return to.failure();
  return to;
}

Result<> ExportArchive::begin(const std::string& name, std::uint64_t size) {
  const Utf8Names names;
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            archive_entry_free);
  archive_entry_set_pathname_utf8(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), std::chrono::system_clock::to_time_t(made_), 0);
  if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) return failure();
  return {};
}

Result<> ExportArchive::write(std::string_view data) {
  while (!data.empty()) {
    const auto written = archive_write_data(archive_.get(), data.data(), data.size());
    if (written <= 0) return failure();
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<FileDigest::Digests> ExportArchive::add(const std::string& name, const fs::path& file) {
  const base::FileDescriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::error_code failed;
  const auto size = fs::file_size(file, failed);
  if (!from || failed) return base::os_error("open", file.string(), errno);
  if (auto begun = begin(name, size); !begun) return begun.error();
  FileDigest digest;
  std::vector<char> buffer(piece_at_a_time);
  for (;;) {
    const auto got = ::read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::os_error("read", file.string(), errno);
    if (got == 0) break;
    digest.add(buffer.data(), static_cast<std::size_t>(got));
    if (auto written = write({buffer.data(), static_cast<std::size_t>(got)}); !written)
      return written.error();
  }
  return digest.take();
}

Result<> ExportArchive::add_text(std::string_view name, std::string_view content) {
  if (auto begun = begin(std::string(name), content.size()); !begun) return begun;
  return write(content);
}

Result<> ExportArchive::finish() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) return failure();
  return {};
}

}  // namespace watchrig::storage
