#include "system/storage/signed_export/export_queue.hpp"

#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "system/storage/testing/encoded_video.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr std::uint64_t slowly = 10'000;  // bytes a second: longer than any test
constexpr std::uint64_t at_once = 0;

struct ExportQueueTest : testing::Test {
  TestVolume volume;
  platform::SigningKey key = platform::SigningKey::open(volume.directory.path() / "signing.pem").value();
  fs::path folder = volume.directory.path() / "exports";
  base::Duration keep = 0s;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<ExportJob> ended;
  std::unique_ptr<ExportQueue> queue;

  void SetUp() override {
    volume.open();
    const auto video = encode_video(250, 128, 0ms);
    volume.push(*volume.record("c1", "main", video.tracks), video.units);
    ASSERT_TRUE(volume.storage->flush());
  }

  void open(std::uint64_t bytes_per_second) {
    queue.reset();
    auto opened = ExportQueue::open({folder, {.file_bytes = 1, .free = 0}, keep, bytes_per_second},
                                    {*volume.storage, volume.clock, key, [this](const ExportJob& job) {
                                       const std::scoped_lock lock(mutex);
                                       ended.push_back(job);
                                       changed.notify_all();
                                     }});
    ASSERT_TRUE(opened) << opened.error().message;
    queue = *std::move(opened);
  }
  SignedExportOrder order_of(const std::string& account, const std::string& channel = "c1") const {
    return {{{channel, "Gate", "main"}}, test_start, test_start + 1h, "WR-1", account, "theft"};
  }
  std::uint64_t add(const std::string& account = "olga", const std::string& channel = "c1") const {
    const auto job = queue->add(order_of(account, channel));
    EXPECT_TRUE(job);
    return job ? job->number : 0;
  }
  bool wait_for_ends(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, [&] { return ended.size() >= count; });
  }
  ExportState state(std::uint64_t number) const {
    const auto job = queue->find(number);
    EXPECT_TRUE(job) << number;
    return job ? job->state : ExportState::failed;
  }
  /// Until something is written.
  bool wait_until_under_way(std::uint64_t number) const {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < until) {
      const auto job = queue->find(number);
      if (job && job->state == ExportState::running && job->progress > 0) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

TEST_F(ExportQueueTest, MakesWhatWasOrderedAndTellsOfIt) {
  open(at_once);
  const auto number = add();
  ASSERT_TRUE(wait_for_ends(1));
  EXPECT_EQ(ended[0].number, number);
  EXPECT_EQ(ended[0].state, ExportState::done);
  EXPECT_EQ(ended[0].made.frames, 250u);
  EXPECT_EQ(ended[0].made.files, 10u);
  EXPECT_EQ(queue->find(number)->progress, 1);
  const auto content = queue->content(number);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->pieces.size(), 2 * (10 + 3) + 1u);
}

TEST_F(ExportQueueTest, WhatIsDonePausedFailedOrUnderWayIsSoAfterARestart) {
  open(at_once);
  const auto done = add();
  ASSERT_TRUE(wait_for_ends(1));
  const auto failed = add("olga", "c9");
  ASSERT_TRUE(wait_for_ends(2));
  open(slowly);
  const auto paused = add();
  ASSERT_TRUE(queue->pause(paused));
  const auto under_way = add();
  ASSERT_TRUE(wait_until_under_way(under_way));
  queue.reset();

  open(at_once);
  ASSERT_TRUE(wait_for_ends(3));
  EXPECT_EQ(ended[2].number, under_way);
  EXPECT_EQ(ended[2].made.frames, 250u);
  EXPECT_EQ(ended[2].order.reason, "theft");
  EXPECT_EQ(ended[2].order.from, test_start);
  EXPECT_EQ(state(paused), ExportState::paused);
  EXPECT_EQ(queue->find(failed)->failure->kind, base::ErrorKind::not_found);
  EXPECT_THAT(queue->find(failed)->failure->message, HasSubstr("nothing of these channels is recorded"));
  EXPECT_EQ(queue->find(done)->made.manifest_sha256, ended[0].made.manifest_sha256);
  EXPECT_TRUE(queue->content(done));
  EXPECT_EQ(queue->add(order_of("olga"))->number, under_way + 1);
}

TEST_F(ExportQueueTest, GoesOnWithWhatIsCompleteAfterAPauseAndAfterARestart) {
  open(slowly);
  const auto number = add();
  ASSERT_TRUE(wait_until_under_way(number));
  const auto first = folder / std::to_string(number) / "part-00000.json";
  for (const auto until = std::chrono::steady_clock::now() + 20s;
       !fs::exists(first) && std::chrono::steady_clock::now() < until;)
    std::this_thread::yield();
  ASSERT_TRUE(fs::exists(first));
  const auto written = fs::last_write_time(first);
  ASSERT_TRUE(queue->pause(number));
  const auto progress = queue->find(number)->progress;
  EXPECT_EQ(state(number), ExportState::paused);
  const auto other = add();
  ASSERT_TRUE(wait_until_under_way(other));
  EXPECT_EQ(queue->find(number)->progress, progress);
  ASSERT_TRUE(queue->remove(other));
  EXPECT_EQ(queue->content(number).error().kind, base::ErrorKind::conflict);

  open(at_once);
  EXPECT_EQ(state(number), ExportState::paused);
  ASSERT_TRUE(queue->resume(number));
  ASSERT_TRUE(wait_for_ends(1));
  EXPECT_EQ(ended[0].made.frames, 250u);
  EXPECT_EQ(fs::last_write_time(first), written);
}

TEST_F(ExportQueueTest, OneThatHasFailedIsTriedAgainAndOneThatIsDoneStays) {
  open(at_once);
  const auto failed = add("olga", "c9");
  ASSERT_TRUE(wait_for_ends(1));
  ASSERT_TRUE(queue->pause(failed));
  EXPECT_EQ(state(failed), ExportState::failed);
  const auto video = encode_video(25, 128, 0ms);
  volume.push(*volume.record("c9", "main", video.tracks), video.units);
  ASSERT_TRUE(volume.storage->flush());
  ASSERT_TRUE(queue->resume(failed));
  ASSERT_TRUE(wait_for_ends(2));
  EXPECT_EQ(ended[1].state, ExportState::done);
  EXPECT_FALSE(ended[1].failure);
  ASSERT_TRUE(queue->resume(failed));
  ASSERT_TRUE(queue->pause(failed));
  EXPECT_EQ(state(failed), ExportState::done);
}

TEST_F(ExportQueueTest, AFullVolumeFailsItAndLeavesNothingOfIt) {
  open(at_once);
  queue.reset();
  auto opened = ExportQueue::open({folder, {.bytes = 10}, 0s, at_once},
                                  {*volume.storage, volume.clock, key, [this](const ExportJob& job) {
                                     const std::scoped_lock lock(mutex);
                                     ended.push_back(job);
                                     changed.notify_all();
                                   }});
  ASSERT_TRUE(opened);
  queue = *std::move(opened);
  const auto number = add();
  ASSERT_TRUE(wait_for_ends(1));
  EXPECT_EQ(ended[0].failure->kind, base::ErrorKind::full);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder / std::to_string(number)))
    left.push_back(entry.path().filename());
  EXPECT_THAT(left, ElementsAre("job.json"));
}

TEST_F(ExportQueueTest, WhatIsRemovedStaysAsLongAsItIsRead) {
  open(at_once);
  const auto number = add();
  ASSERT_TRUE(wait_for_ends(1));
  auto content = queue->content(number);
  ASSERT_TRUE(content);
  ASSERT_TRUE(queue->remove(number));
  EXPECT_FALSE(queue->find(number));
  EXPECT_EQ(queue->content(number).error().kind, base::ErrorKind::not_found);
  EXPECT_TRUE(fs::exists(content->pieces[1].file));
  content->kept.reset();
  EXPECT_FALSE(fs::exists(folder / std::to_string(number)));
  for (const auto& refused : {queue->remove(number), queue->pause(number), queue->resume(number)})
    EXPECT_EQ(refused.error().kind, base::ErrorKind::not_found);
}

TEST_F(ExportQueueTest, WhatIsBeingMadeCanBeRemoved) {
  open(slowly);
  const auto number = add();
  ASSERT_TRUE(wait_until_under_way(number));
  ASSERT_TRUE(queue->remove(number));
  EXPECT_THAT(queue->list(), IsEmpty());
  queue.reset();
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(ExportQueueTest, WhoOrdersManyOnlyWaitsForHimself) {
  open(slowly);
  const auto first = add("many");
  ASSERT_TRUE(wait_until_under_way(first));
  const auto second = add("many");
  const auto other = add("other");
  ASSERT_TRUE(queue->pause(first));
  ASSERT_TRUE(wait_until_under_way(other));
  EXPECT_EQ(state(second), ExportState::waiting);
}

TEST_F(ExportQueueTest, TakesOnlySoManyOfAnAccount) {
  open(slowly);
  for (std::size_t count = 0; count < ExportQueue::most_of_account; ++count) add();
  const auto refused = queue->add(order_of("olga"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::full);
  EXPECT_THAT(refused.error().message, HasSubstr("50 of \"olga\""));
  for (std::size_t count = ExportQueue::most_of_account; count < ExportQueue::most_jobs; ++count)
    add(std::to_string(count % 7));
  EXPECT_EQ(queue->add(order_of("nobody")).error().kind, base::ErrorKind::full);
}

TEST_F(ExportQueueTest, WhatIsOldIsRemoved) {
  keep = 24h;
  open(at_once);
  const auto old = add();
  ASSERT_TRUE(wait_for_ends(1));
  volume.clock.advance(24h - 1ns);
  const auto young = add();
  ASSERT_TRUE(wait_for_ends(2));
  EXPECT_TRUE(queue->find(old));
  volume.clock.advance(1ns);
  open(at_once);
  add();
  ASSERT_TRUE(wait_for_ends(3));
  EXPECT_FALSE(queue->find(old));
  EXPECT_TRUE(queue->find(young));
  EXPECT_FALSE(fs::exists(folder / std::to_string(old)));
}

TEST_F(ExportQueueTest, FoldersThatNobodyCanReadAreLeftAndThoseOfRemovedExportsGo) {
  fs::create_directories(folder / "7");
  fs::create_directories(folder / "8");
  fs::create_directories(folder / "notes");
  std::ofstream(folder / "7/part-00000.mp4") << "left";
  std::ofstream(folder / "8/job.json") << "{";
  std::ofstream(folder / "export-1.mp4") << "of an older version";
  open(at_once);
  EXPECT_THAT(queue->list(), IsEmpty());
  EXPECT_FALSE(fs::exists(folder / "7"));
  EXPECT_TRUE(fs::exists(folder / "8/job.json"));
  EXPECT_TRUE(fs::exists(folder / "notes"));
  EXPECT_FALSE(fs::exists(folder / "export-1.mp4"));
  EXPECT_EQ(add(), 9u);
}

TEST_F(ExportQueueTest, AFolderThatCannotBeMadeIsAnError) {
  folder = "/proc/exports";
  EXPECT_FALSE(ExportQueue::open({folder}, {*volume.storage, volume.clock, key, {}}));
}

}  // namespace
}  // namespace watchrig::storage
