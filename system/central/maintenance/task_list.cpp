#include "system/central/maintenance/task_list.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

namespace watchrig::central {

struct TaskList::State {
  explicit State(const base::Clock& of) : clock(of) {}

  const base::Clock& clock;
  std::mutex mutex;
  std::int64_t last = 0;
  std::map<std::int64_t, BackgroundTask> tasks;  ///< by the number of the id
};

std::string_view to_string(TaskState state) { return state == TaskState::waiting ? "waiting" : "running"; }

std::optional<TaskState> task_state_from(std::string_view text) {
  for (const auto state : {TaskState::waiting, TaskState::running})
    if (text == to_string(state)) return state;
  return std::nullopt;
}

TaskList::TaskList(const base::Clock& clock) : state_(std::make_shared<State>(clock)) {}

std::shared_ptr<TaskList::Entry> TaskList::add(std::string kind, std::string account) {
  const std::lock_guard lock(state_->mutex);
  const auto number = ++state_->last;
  BackgroundTask task;
  task.id = fmt::format("t{}", number);
  task.kind = std::move(kind);
  task.account = std::move(account);
  task.since = state_->clock.now();
  state_->tasks.emplace(number, std::move(task));
  return std::make_shared<Entry>(state_, number);
}

std::vector<BackgroundTask> TaskList::list(std::optional<TaskState> state) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<BackgroundTask> found;
  for (const auto& [number, task] : state_->tasks)
    if (!state || task.state == *state) found.push_back(task);
  return found;
}

TaskList::Entry::~Entry() {
  const std::lock_guard lock(state_->mutex);
  state_->tasks.erase(number_);
}

void TaskList::Entry::start() {
  const std::lock_guard lock(state_->mutex);
  auto& task = state_->tasks.at(number_);
  task.state = TaskState::running;
  task.started = state_->clock.now();
}

void TaskList::Entry::advance(double progress) {
  const std::lock_guard lock(state_->mutex);
  state_->tasks.at(number_).progress = std::clamp(progress, 0.0, 1.0);
}

}  // namespace watchrig::central
