#include "system/storage/testing/fault_files.hpp"

#include <algorithm>
#include <sys/stat.h>

#include "system/storage/segment_log.hpp"

namespace watchrig::storage {
namespace {
base::Error fault(base::ErrorKind kind) { return {kind, "the test refuses this"}; }
}  // namespace

class FaultFile final : public SegmentFile {
 public:
  FaultFile(std::shared_ptr<FaultFiles> owner, std::unique_ptr<SegmentFile> real)
      : owner_(std::move(owner)), real_(std::move(real)) {}

  base::Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    const std::lock_guard lock(owner_->mutex_);
    if (owner_->read_error_) return fault(base::ErrorKind::io);
    return real_->read(offset, into);
  }

  base::Result<> write(std::uint64_t offset, std::span<iovec> data) override {
    std::unique_lock lock(owner_->mutex_);
    owner_->stalled_ = owner_->stall_;
    owner_->changed_.notify_all();
    owner_->changed_.wait(lock, [&] { return !owner_->stall_; });
    owner_->stalled_ = false;
    if (owner_->write_error_) return fault(*owner_->write_error_);
    std::size_t size = 0;
    for (const iovec& piece : data) size += piece.iov_len;
    base::Bytes before(size);
    const auto got = real_->read(offset, before);
    if (!got) return got.error();
    owner_->unsynced_.push_back({real_, offset, std::move(before)});
    return real_->write(offset, data);
  }

  base::Result<> sync() override {
    const std::lock_guard lock(owner_->mutex_);
    ++owner_->syncs_;
    if (owner_->sync_error_) return fault(base::ErrorKind::io);
    std::erase_if(owner_->unsynced_, [&](const auto& entry) { return entry.file == real_; });
    return real_->sync();
  }

  base::Result<std::uint64_t> size() override { return real_->size(); }
  base::Result<> give_back(std::uint64_t offset, std::uint64_t size) override {
    const std::lock_guard lock(owner_->mutex_);
    if (owner_->whole_files_only_) return fault(base::ErrorKind::unsupported);
    return real_->give_back(offset, size);
  }
  std::uint64_t skip_unwritten(std::uint64_t offset) override { return real_->skip_unwritten(offset); }

 private:
  const std::shared_ptr<FaultFiles> owner_;
  const std::shared_ptr<SegmentFile> real_;
};

FaultFiles::FaultFiles() : real_(system_files()) {}

void FaultFiles::refuse_create(std::optional<base::ErrorKind> kind) {
  const std::lock_guard lock(mutex_);
  create_error_ = kind;
}
void FaultFiles::refuse_write(std::optional<base::ErrorKind> kind) {
  const std::lock_guard lock(mutex_);
  write_error_ = kind;
}
void FaultFiles::refuse_sync(bool refuse) {
  const std::lock_guard lock(mutex_);
  sync_error_ = refuse;
}
void FaultFiles::refuse_read(bool refuse) {
  const std::lock_guard lock(mutex_);
  read_error_ = refuse;
}
void FaultFiles::report_space(std::optional<Space> space) {
  const std::lock_guard lock(mutex_);
  space_ = space;
}
void FaultFiles::report_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}
void FaultFiles::refuse_remove(bool refuse) {
  const std::lock_guard lock(mutex_);
  remove_error_ = refuse;
}
void FaultFiles::refuse_give_back(bool refuse) {
  const std::lock_guard lock(mutex_);
  whole_files_only_ = refuse;
}
void FaultFiles::stall(bool now) {
  const std::lock_guard lock(mutex_);
  stall_ = now;
  changed_.notify_all();
}
void FaultFiles::await_stalled() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stalled_; });
}

void FaultFiles::power_cut(std::uint64_t kept) {
  const std::lock_guard lock(mutex_);
  for (auto entry = unsynced_.rbegin(); entry != unsynced_.rend(); ++entry) {
    const std::uint64_t skip = std::min<std::uint64_t>(kept, entry->before.size());
    iovec piece{entry->before.data() + skip, entry->before.size() - skip};
    static_cast<void>(entry->file->write(entry->offset + skip, {&piece, 1}));
  }
  unsynced_.clear();
}

std::size_t FaultFiles::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

base::Result<std::unique_ptr<SegmentFile>> FaultFiles::create(const std::filesystem::path& path,
                                                              std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (create_error_) return fault(*create_error_);
  auto file = real_->create(path, bytes);
  if (!file) return file.error();
  return std::make_unique<FaultFile>(shared_from_this(), std::move(*file));
}

base::Result<std::unique_ptr<SegmentFile>> FaultFiles::open(const std::filesystem::path& path) {
  auto file = real_->open(path);
  if (!file) return file.error();
  return std::make_unique<FaultFile>(shared_from_this(), std::move(*file));
}

base::Result<> FaultFiles::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return real_->rename(from, to);
}
base::Result<> FaultFiles::remove(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  if (remove_error_) return fault(base::ErrorKind::io);
  return real_->remove(path);
}
base::Result<std::vector<std::filesystem::path>> FaultFiles::list(const std::filesystem::path& directory) {
  return real_->list(directory);
}
base::Result<VolumeFiles::Space> FaultFiles::space(const std::filesystem::path& directory) {
  const std::lock_guard lock(mutex_);
  if (space_) return *space_;
  if (capacity_) {
    Space space{*capacity_, *capacity_};
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      struct stat status {};
      if (!segment_number(file.path()) || ::stat(file.path().c_str(), &status) != 0) continue;
      space.free -= std::min<std::uint64_t>(space.free, static_cast<std::uint64_t>(status.st_blocks) * 512);
    }
    return space;
  }
  return real_->space(directory);
}

}  // namespace watchrig::storage
