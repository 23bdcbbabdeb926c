#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "system/api/adding_job.hpp"

namespace watchrig::api {

/// Adds devices in the background, sixteen at a time: each is tried first, and is added once it has answered
/// (IVSS 5.4.2). A job is seen by its account and by administrators; to others it does not exist. Jobs end
/// with the server: those that were not done are told at the next start. Any thread.
class AddingDesk {
 public:
  static constexpr std::size_t most_jobs = 32;  ///< the oldest that are done make room
  static constexpr std::size_t most_at_once = 16;

  using Numbers = std::vector<std::size_t>;
  template <class T>
  using Answer = central::FieldResult<T>;

  /// `file` remembers what is under way. Tells of what the server's end has left undone.
  AddingDesk(boost::asio::any_io_executor executor, std::filesystem::path file, central::Central& central);

  /// Errors of all: not_found (the job, or with its field the row), conflict (the row is under way, or was
  /// added), full.
  Answer<std::string> create(ServerParts& parts, const http::Request& request,
                             std::vector<boost::json::object> entries);
  Answer<void> add_rows(ServerParts& parts, const http::Request& request,
                        std::vector<boost::json::object> entries);
  /// Members of the change take the place of those of the entry.
  Answer<void> change_row(ServerParts& parts, const http::Request& request,
                          const boost::json::object& change);
  Answer<void> remove_rows(ServerParts& parts, const http::Request& request, const Numbers& numbers);
  /// Begins with these, or with all that are ready, failed or were stopped.
  Answer<void> start(ServerParts& parts, const http::Request& request, const Numbers& numbers);
  /// Stops these, or all that wait or are being tried.
  Answer<void> stop(ServerParts& parts, const http::Request& request, const Numbers& numbers);
  /// Stops it, and forgets it. What was added stays.
  Answer<void> forget(ServerParts& parts, const http::Request& request);
  /// A copy. The job is that of the route's {job}.
  Answer<AddingJob> find(ServerParts& parts, const http::Request& request) const;
  std::vector<AddingJob> list(ServerParts& parts, const http::Request& request) const;

 private:
  struct Turn {
    std::string job;
    std::size_t row = 0;
    std::uint64_t turn = 0;
    boost::json::object entry;
    http::Request request;
  };
  using Done = Answer<central::DevicePtr>;

  // Under the mutex.
  Answer<AddingJob*> job_of(ServerParts& parts, const http::Request& request) const;
  Answer<std::vector<AddingRow*>> rows_of(AddingJob& job, const Numbers& numbers) const;
  Answer<void> append(AddingJob& job, std::vector<boost::json::object> entries);
  AddingRow* row_of(const Turn& turn);
  bool make_room(const std::string& account);
  void progressed(AddingJob& job);
  void remember() const;

  void tell_of_last_run(central::Central& central);
  void employ(ServerParts& parts, std::size_t wanted);
  std::optional<Turn> take();
  /// Whether the turn still counts; from then on it is not stopped.
  bool claim(const Turn& turn);
  void finish(const Turn& turn, const Done& done);
  boost::asio::awaitable<void> work(ServerParts& parts);
  boost::asio::awaitable<Done> add(ServerParts& parts, Turn turn);
  boost::asio::awaitable<Done> enter(ServerParts& parts, Turn turn, central::Device device);

  const boost::asio::any_io_executor executor_;
  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  mutable std::map<std::uint64_t, AddingJob> jobs_;  ///< under mutex_, as are those that follow
  std::uint64_t next_job_ = 1;
  std::size_t working_ = 0;
};

}  // namespace watchrig::api
