#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::central {

enum class TaskState { waiting, running };
std::string_view to_string(TaskState state);
std::optional<TaskState> task_state_from(std::string_view text);

/// Something that takes long: an export, an import, a copy.
struct BackgroundTask {
  std::string id;       ///< "t7", of this run of the server
  std::string kind;     ///< "recording.export"
  std::string account;  ///< who asked for it; empty: the server itself
  TaskState state = TaskState::waiting;
  base::UtcTime since;                   ///< asked for
  std::optional<base::UtcTime> started;  ///< once it is running
  std::optional<double> progress;        ///< 0 to 1, where it is known
};

/// What the server does in the background (IVSS 7.7), for as long as it does it. Whoever does it bounds how
/// many there are. Any thread.
class TaskList {
  struct State;

 public:
  /// One of them, which is in the list until this is gone; may outlive the list.
  class Entry {
   public:
    Entry(std::shared_ptr<State> state, std::int64_t number) : state_(std::move(state)), number_(number) {}
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// It waits no longer.
    void start();
    /// How much of it is done, 0 to 1; what is beyond is taken for the nearest of these.
    void advance(double progress);

   private:
    const std::shared_ptr<State> state_;
    const std::int64_t number_;
  };

  /// The clock outlives the list and its entries.
  explicit TaskList(const base::Clock& clock);

  std::shared_ptr<Entry> add(std::string kind, std::string account);
  /// In the order in which they were asked for; of one state, or of both.
  std::vector<BackgroundTask> list(std::optional<TaskState> state) const;

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace watchrig::central
