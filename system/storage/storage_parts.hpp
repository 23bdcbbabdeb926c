#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "system/storage/storage.hpp"
#include "system/storage/volume.hpp"

namespace watchrig::storage {

/// A lock has a part on each volume.
bool is_part_of(const SpanLock& one, const SpanLock& other);
void join(SpanLock& lock, const SpanLock& part);
void tell_unshared(const base::Error& error);

/// The volumes by their numbers, and the thread that opens those that could not be opened, and closes those
/// whose disk has gone.
struct Storage::Parts {
  Parts(const Options& wanted, const base::Clock& time, base::Metrics& kept, const EventSink& told);

  const Options options;
  const base::Clock& clock;
  base::Metrics& metrics;
  const EventSink sink;
  const std::shared_ptr<ChunkQueue> queue;
  std::mutex locking;  ///< locks of all volumes are compared and changed

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Volume>> volumes;  ///< none where it could not be opened, or was closed
  std::vector<bool> mounted;  ///< which were file systems of their own when they were opened
  std::shared_ptr<const Retentions> limits = std::make_shared<Retentions>();
  bool stopped = false;
  std::thread watching;

  std::vector<std::shared_ptr<Volume>> opened() const;
  RecordedVolumes recorded() const;
  base::Result<> open(std::size_t number);
  void close(std::size_t number, const base::Error& gone);
  void watch();
  void look_at(std::size_t number, const std::shared_ptr<Volume>& volume);
  RetentionSweep::Share elsewhere(std::size_t number, const std::string& channel, base::UtcTime now) const;
  base::Result<std::int64_t> next_lock();
  base::Result<> share_locks();
  std::vector<SpanLock> locks() const;
};

}  // namespace watchrig::storage
