#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "system/storage/signed_export/export_work.hpp"

namespace watchrig::storage {

enum class ExportState { waiting, running, paused, done, failed };
std::string_view to_string(ExportState state);
std::optional<ExportState> export_state_from(std::string_view text);

struct ExportJob {
  std::uint64_t number = 0;  ///< from 1 on, not used again while the server runs
  SignedExportOrder order;
  ExportState state = ExportState::waiting;
  base::UtcTime ordered;
  std::optional<base::UtcTime> ended;  ///< once it is done, or failed
  double progress = 0;                 ///< 0 to 1; one that goes on does so with its last whole file
  SignedExportSummary made = {};       ///< once it is done
  std::optional<base::Error> failure = {};
};

/// Signed exports that are made in the background, one at a time, and kept for being fetched: over restarts,
/// until they are removed. Each is in a folder of its own. Accounts take turns, so who orders many only waits
/// for himself. Any thread.
class ExportQueue {
 public:
  static constexpr std::size_t most_jobs = 200;
  static constexpr std::size_t most_of_account = 50;

  struct Options {
    std::filesystem::path folder;
    SignedExportLimits limits = {};
    base::Duration keep = {};            ///< of what is done or failed; 0: until somebody removes it
    std::uint64_t bytes_per_second = 0;  ///< that are read at most; 0: as fast as the disks
  };
  struct Parts {
    const Storage& storage;
    const base::Clock& clock;
    const platform::SigningKey& key;
    std::function<void(const ExportJob&)> ended;  ///< told, by the thread that works, of each
  };
  /// The bytes of one that is done. Its files stay as long as `kept`, also when it is removed.
  struct Content {
    std::vector<ZipPiece> pieces;
    std::shared_ptr<const void> kept;
  };

  /// The parts outlive the queue. What cannot be read of the folder is left as it is, with a line in the log.
  /// Errors: io.
  static base::Result<std::unique_ptr<ExportQueue>> open(Options options, Parts parts);
  ~ExportQueue();  ///< what is being made goes on at the next start
  ExportQueue(const ExportQueue&) = delete;
  ExportQueue& operator=(const ExportQueue&) = delete;

  /// Errors: full (too many, also of this account), io.
  base::Result<ExportJob> add(SignedExportOrder order);
  /// By number.
  std::vector<ExportJob> list() const;
  std::optional<ExportJob> find(std::uint64_t number) const;
  /// One that is done stays so. Errors: not_found, io.
  base::Result<> pause(std::uint64_t number);
  /// One that was paused, or has failed, waits again. Errors: not_found, io.
  base::Result<> resume(std::uint64_t number);
  /// Errors: not_found, io.
  base::Result<> remove(std::uint64_t number);
  /// Errors: not_found, conflict (it is not done), io, corrupt.
  base::Result<Content> content(std::uint64_t number) const;

 private:
  /// A folder that may be removed as soon as nobody reads it.
  struct Folder;
  struct Entry {
    ExportJob job;
    std::shared_ptr<Folder> folder;
  };

  ExportQueue(Options options, Parts parts) : options_(std::move(options)), parts_(std::move(parts)) {}
  base::Result<> load();
  void work(const std::stop_token& ended);
  void make(std::uint64_t number, const std::stop_token& ended);
  bool go_on(std::uint64_t number, double done, base::RealTime until, const std::stop_token& ended);
  // Under mutex_.
  base::Result<Entry*> entry(std::uint64_t number);
  base::Result<> change(Entry& entry, ExportState state);
  std::optional<std::uint64_t> next() const;
  std::vector<std::shared_ptr<Folder>> take_old();

  const Options options_;
  const Parts parts_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::uint64_t, Entry> entries_;
  std::uint64_t last_number_ = 0;
  std::string last_account_;  ///< whose was made last
  std::jthread thread_;
};

}  // namespace watchrig::storage
