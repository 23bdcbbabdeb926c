#include "system/storage/signed_export/export_queue.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/storage/signed_export/export_job_file.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

namespace {

constexpr const char* job_name = "job.json";
constexpr auto between_looks = std::chrono::seconds(10);  // real time, at what is too old
constexpr std::array<std::string_view, 5> state_names = {"waiting", "running", "paused", "done", "failed"};

/// A folder of an export is its number.
std::optional<std::uint64_t> number_of(const fs::path& folder) {
  return base::parse_number<std::uint64_t>(folder.filename().string());
}

/// All but the job: its videos are of no use without the rest.
void empty(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename() != job_name) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

std::string_view to_string(ExportState state) { return state_names.at(static_cast<std::size_t>(state)); }

std::optional<ExportState> export_state_from(std::string_view text) {
  const auto found = std::ranges::find(state_names, text);
  if (found == state_names.end()) return std::nullopt;
  return static_cast<ExportState>(found - state_names.begin());
}

struct ExportQueue::Folder {
  explicit Folder(fs::path where) : path(std::move(where)) {}
  ~Folder() {
    std::error_code ignored;
    if (removed) fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path path;
  std::atomic<bool> removed = false;
};

Result<std::unique_ptr<ExportQueue>> ExportQueue::open(Options options, Parts parts) {
  std::unique_ptr<ExportQueue> queue(new ExportQueue(std::move(options), std::move(parts)));
  if (auto loaded = queue->load(); !loaded) return loaded.error();
  queue->thread_ = std::jthread([made = queue.get()](const std::stop_token& ended) { made->work(ended); });
  return queue;
}

ExportQueue::~ExportQueue() = default;

Result<> ExportQueue::load() {
  std::error_code failure;
  fs::create_directories(options_.folder, failure);
  fs::directory_iterator folders(options_.folder, failure);
  if (failure) return base::os_error("read", options_.folder.string(), failure.value());
  for (const auto& found : folders) {
    // Older versions had files here that they sent.
    if (found.is_regular_file(failure)) fs::remove(found.path(), failure);
    const auto number = number_of(found.path());
    if (!number) continue;
    last_number_ = std::max(last_number_, *number);
    const auto folder = std::make_shared<Folder>(found.path());
    // The job goes first when an export is removed.
    if (!fs::exists(found.path() / job_name, failure)) {
      folder->removed = true;
      continue;
    }
    auto job = read_job(found.path() / job_name);
    if (!job || job->number != *number) {
      base::log_error("export {}: {}; it is not shown: remove the folder when it is not needed", *number,
                      job ? "its job is of another export" : job.error().message);
      continue;
    }
    if (job->state == ExportState::running) job->state = ExportState::waiting;
    entries_.emplace(*number, Entry{*std::move(job), folder});
  }
  return {};
}

Result<ExportJob> ExportQueue::add(SignedExportOrder order) {
  const std::scoped_lock lock(mutex_);
  const auto of_account = std::ranges::count_if(
      entries_, [&](const auto& entry) { return entry.second.job.order.account == order.account; });
  if (entries_.size() >= most_jobs || static_cast<std::size_t>(of_account) >= most_of_account) {
    return Error{ErrorKind::full,
                 fmt::format("there are {} exports already, {} of \"{}\": remove those that are done",
                             entries_.size(), of_account, order.account)};
  }
  const auto number = last_number_ + 1;
  const auto folder = std::make_shared<Folder>(options_.folder / std::to_string(number));
  ExportJob job{number, std::move(order), ExportState::waiting, parts_.clock.now(), {}};
  std::error_code failure;
  fs::create_directory(folder->path, failure);
  auto kept = failure ? base::os_error("make", folder->path.string(), failure.value())
                      : write_job(folder->path / job_name, job);
  if (!kept) {
    folder->removed = true;
    return kept.error();
  }
  last_number_ = number;
  entries_.emplace(number, Entry{job, folder});
  changed_.notify_all();
  return job;
}

std::vector<ExportJob> ExportQueue::list() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ExportJob> jobs;
  for (const auto& [number, entry] : entries_) jobs.push_back(entry.job);
  return jobs;
}

std::optional<ExportJob> ExportQueue::find(std::uint64_t number) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(number);
  if (found == entries_.end()) return std::nullopt;
  return found->second.job;
}

Result<ExportQueue::Entry*> ExportQueue::entry(std::uint64_t number) {
  const auto found = entries_.find(number);
  if (found == entries_.end())
    return Error{ErrorKind::not_found, fmt::format("there is no export {}", number)};
  return &found->second;
}

/// Kept first, so that a restart finds what was answered.
Result<> ExportQueue::change(Entry& entry, ExportState state) {
  auto job = entry.job;
  job.state = state;
  if (state == ExportState::waiting) {
    job.ended.reset();
    job.failure.reset();
  }
  if (auto kept = write_job(entry.folder->path / job_name, job); !kept) return kept;
  entry.job = std::move(job);
  changed_.notify_all();
  return {};
}

Result<> ExportQueue::pause(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto found = entry(number);
  if (!found) return found.error();
  const auto state = (*found)->job.state;
  if (state != ExportState::waiting && state != ExportState::running) return {};
  return change(**found, ExportState::paused);
}

Result<> ExportQueue::resume(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto found = entry(number);
  if (!found) return found.error();
  const auto state = (*found)->job.state;
  if (state != ExportState::paused && state != ExportState::failed) return {};
  return change(**found, ExportState::waiting);
}

Result<> ExportQueue::remove(std::uint64_t number) {
  Entry removed;  // whose files go without the lock
  const std::scoped_lock lock(mutex_);
  const auto found = entry(number);
  if (!found) return found.error();
  std::error_code failure;
  fs::remove((*found)->folder->path / job_name, failure);
  if (failure) return base::os_error("remove", (*found)->folder->path.string(), failure.value());
  (*found)->folder->removed = true;
  removed = std::move(**found);
  entries_.erase(number);
  changed_.notify_all();
  return {};
}

Result<ExportQueue::Content> ExportQueue::content(std::uint64_t number) const {
  std::shared_ptr<Folder> folder;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(number);
    if (found == entries_.end())
      return Error{ErrorKind::not_found, fmt::format("there is no export {}", number)};
    if (found->second.job.state != ExportState::done) {
      return Error{ErrorKind::conflict, fmt::format("export {} is {}: fetch it when it is done", number,
                                                    to_string(found->second.job.state))};
    }
    folder = found->second.folder;
  }
  auto pieces = zip_of_export(folder->path);
  if (!pieces) return pieces.error();
  return Content{*std::move(pieces), std::move(folder)};
}

/// The one that waits longest, but of whom it is not the turn only where nobody else waits.
std::optional<std::uint64_t> ExportQueue::next() const {
  std::optional<std::uint64_t> first;
  for (const auto& [number, entry] : entries_) {
    if (entry.job.state != ExportState::waiting) continue;
    if (entry.job.order.account != last_account_) return number;
    if (!first) first = number;
  }
  return first;
}

/// Their files go when the caller lets go.
std::vector<std::shared_ptr<ExportQueue::Folder>> ExportQueue::take_old() {
  std::vector<std::shared_ptr<Folder>> old;
  if (options_.keep <= base::Duration::zero()) return old;
  const auto now = parts_.clock.now();
  for (auto at = entries_.begin(); at != entries_.end();) {
    auto& [job, folder] = at->second;
    if (!job.ended || now - *job.ended < options_.keep) {
      ++at;
      continue;
    }
    std::error_code ignored;
    fs::remove(folder->path / job_name, ignored);
    folder->removed = true;
    old.push_back(std::move(folder));
    at = entries_.erase(at);
  }
  return old;
}

void ExportQueue::work(const std::stop_token& ended) {
  std::unique_lock lock(mutex_);
  while (!ended.stop_requested()) {
    if (auto old = take_old(); !old.empty()) {
      lock.unlock();
      old.clear();
      lock.lock();
    }
    const auto number = next();
    if (!number) {
      changed_.wait_for(lock, ended, between_looks, [&] { return next().has_value(); });
      continue;
    }
    auto& job = entries_.at(*number).job;
    job.state = ExportState::running;
    job.progress = 0;
    last_account_ = job.order.account;
    lock.unlock();
    make(*number, ended);
    lock.lock();
  }
}

/// Whether the work goes on, which waits until its time has come.
bool ExportQueue::go_on(std::uint64_t number, double done, base::RealTime until,
                        const std::stop_token& ended) {
  std::unique_lock lock(mutex_);
  const auto stays = [&] {
    const auto found = entries_.find(number);
    return found != entries_.end() && found->second.job.state == ExportState::running;
  };
  if (std::chrono::steady_clock::now() < until)
    changed_.wait_until(lock, ended, until, [&] { return !stays(); });
  if (ended.stop_requested() || !stays()) return false;
  entries_.at(number).job.progress = done;
  return true;
}

void ExportQueue::make(std::uint64_t number, const std::stop_token& ended) {
  std::shared_ptr<Folder> folder;
  SignedExportOrder order;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(number);
    if (found == entries_.end()) return;
    folder = found->second.folder;
    order = found->second.job.order;
  }
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t read = 0;
  const auto pace = [&](double done, std::uint64_t bytes) {
    read += bytes;
    auto until = begun;
    if (options_.bytes_per_second > 0) {
      const std::chrono::duration<double> needed(static_cast<double>(read) /
                                                 static_cast<double>(options_.bytes_per_second));
      until += std::chrono::duration_cast<std::chrono::steady_clock::duration>(needed);
    }
    return go_on(number, done, until, ended);
  };
  const auto made = make_signed_export(parts_.storage, parts_.clock, order, parts_.key, folder->path,
                                       options_.limits, pace);
  if (!made && made.error().kind != ErrorKind::cancelled) empty(folder->path);
  std::optional<ExportJob> told;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(number);
    // Whoever has paused or removed it, or ends the server, has said what becomes of it.
    if (found == entries_.end() || (!made && made.error().kind == ErrorKind::cancelled)) return;
    auto& job = found->second.job;
    job.state = made ? ExportState::done : ExportState::failed;
    job.ended = parts_.clock.now();
    job.progress = made ? 1 : 0;
    if (made) job.made = *made;
    if (!made) job.failure = made.error();
    if (auto kept = write_job(folder->path / job_name, job); !kept)
      base::log_error("export {}: {}; it will be made again after a restart", number, kept.error().message);
    told = job;
  }
  if (parts_.ended) parts_.ended(*told);
}

}  // namespace watchrig::storage
