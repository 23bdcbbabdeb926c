#include "system/central/maintenance/task_list.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

constexpr base::UtcTime start{std::chrono::days(20'000)};

TEST(TaskListTest, a_task_waits_then_runs_and_is_gone_when_it_is_done) {
  base::ManualClock clock(start);
  TaskList tasks(clock);
  auto copy = tasks.add("databases.copy", {});
  clock.advance(std::chrono::seconds(5));
  auto film = tasks.add("recording.export", "ann");
  film->start();

  const auto all = tasks.list(std::nullopt);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].kind, "databases.copy");
  EXPECT_EQ(all[0].since, start);
  EXPECT_FALSE(all[0].started);
  EXPECT_EQ(all[1].account, "ann");
  EXPECT_EQ(all[1].started, start + std::chrono::seconds(5));
  EXPECT_NE(all[0].id, all[1].id);
  ASSERT_EQ(tasks.list(TaskState::waiting).size(), 1U);
  EXPECT_EQ(tasks.list(TaskState::waiting)[0].id, all[0].id);
  EXPECT_EQ(tasks.list(TaskState::running)[0].id, all[1].id);

  film = nullptr;
  copy->start();
  EXPECT_TRUE(tasks.list(TaskState::waiting).empty());
  EXPECT_EQ(tasks.list(TaskState::running)[0].id, all[0].id);
  copy = nullptr;
  EXPECT_TRUE(tasks.list(std::nullopt).empty());
}

TEST(TaskListTest, progress_is_known_from_its_first_report_and_stays_within_0_and_1) {
  const base::ManualClock clock(start);
  TaskList tasks(clock);
  const auto film = tasks.add("recording.export", "ann");
  film->start();
  EXPECT_FALSE(tasks.list(std::nullopt)[0].progress);
  film->advance(0.5);
  EXPECT_EQ(tasks.list(std::nullopt)[0].progress, 0.5);
  film->advance(1.5);
  EXPECT_EQ(tasks.list(std::nullopt)[0].progress, 1);
  film->advance(-1);
  EXPECT_EQ(tasks.list(std::nullopt)[0].progress, 0);
}

TEST(TaskListTest, an_entry_may_outlive_the_list) {
  const base::ManualClock clock(start);
  auto tasks = std::make_unique<TaskList>(clock);
  const auto film = tasks->add("recording.export", "ann");
  tasks = nullptr;
  film->start();
  film->advance(1);
}

TEST(TaskListTest, states_are_read_as_they_are_written) {
  EXPECT_EQ(task_state_from("waiting"), TaskState::waiting);
  EXPECT_EQ(task_state_from("running"), TaskState::running);
  EXPECT_FALSE(task_state_from("done"));
}

}  // namespace
}  // namespace watchrig::central
