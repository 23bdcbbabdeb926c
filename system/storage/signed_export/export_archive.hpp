#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/storage/signed_export/file_digest.hpp"

struct archive;

namespace watchrig::storage {

/// A ZIP file (APPNOTE 6.3, ZIP64 where it is needed) whose entries are stored as they are: video does not
/// get smaller. One thread at a time; an error is final.
class ExportArchive {
 public:
  /// `made` is the time of all entries. Errors: io, full.
  static base::Result<ExportArchive> create(const std::filesystem::path& file, base::UtcTime made);

  /// Puts in a file from elsewhere. Errors: io, full.
  base::Result<FileDigest::Digests> add(const std::string& name, const std::filesystem::path& file);
  base::Result<> add_text(std::string_view name, std::string_view content);
  /// Errors: io, full; without it the file is incomplete.
  base::Result<> finish();

 private:
  struct Free {
    void operator()(archive* to) const;
  };
  ExportArchive(archive* to, std::filesystem::path file, base::UtcTime made)
      : archive_(to), file_(std::move(file)), made_(made) {}
  base::Result<> begin(const std::string& name, std::uint64_t size);
  base::Result<> write(std::string_view data);
  base::Error failure() const;

  std::unique_ptr<archive, Free> archive_;
  std::filesystem::path file_;
  base::UtcTime made_;
};

}  // namespace watchrig::storage
