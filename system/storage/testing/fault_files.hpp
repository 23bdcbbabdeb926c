#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

/// The real file system with faults to order, and a memory of what was written and not synced, so that a
/// power cut can take it away again. Any thread.
class FaultFiles final : public VolumeFiles, public std::enable_shared_from_this<FaultFiles> {
 public:
  FaultFiles();

  void refuse_create(std::optional<base::ErrorKind> kind);
  void refuse_write(std::optional<base::ErrorKind> kind);
  void refuse_sync(bool refuse);
  void refuse_read(bool refuse);
  void report_space(std::optional<Space> space);
  /// Files of a directory take away from so many bytes.
  void report_capacity(std::uint64_t bytes);
  void refuse_remove(bool refuse);
  /// As file systems do that give back whole files only.
  void refuse_give_back(bool refuse);
  /// Writes do not return until it is over.
  void stall(bool now);
  /// Waits until a write is stalled.
  void await_stalled();
  /// What was not synced is lost, but for its first `kept` bytes, as a disk may have written them.
  void power_cut(std::uint64_t kept = 0);
  std::size_t syncs() const;

  base::Result<std::unique_ptr<SegmentFile>> create(const std::filesystem::path& path,
                                                    std::uint64_t bytes) override;
  base::Result<std::unique_ptr<SegmentFile>> open(const std::filesystem::path& path) override;
  base::Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  base::Result<> remove(const std::filesystem::path& path) override;
  base::Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) override;
  base::Result<Space> space(const std::filesystem::path& directory) override;

 private:
  friend class FaultFile;
  struct Unsynced {
    std::shared_ptr<SegmentFile> file;
    std::uint64_t offset;
    base::Bytes before;
  };

  const std::shared_ptr<VolumeFiles> real_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<base::ErrorKind> create_error_, write_error_;
  std::optional<Space> space_;
  std::optional<std::uint64_t> capacity_;
  bool remove_error_ = false;
  bool whole_files_only_ = false;
  bool sync_error_ = false;
  bool read_error_ = false;
  bool stall_ = false;
  bool stalled_ = false;
  std::size_t syncs_ = 0;
  std::vector<Unsynced> unsynced_;
};

}  // namespace watchrig::storage
