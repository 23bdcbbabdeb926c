#include <algorithm>
#include <sys/mount.h>

#include <gtest/gtest.h>

#include "system/storage/chunk_index.hpp"
#include "system/storage/storage.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;

TEST(StorageFault, AFullDiskRaisesOneAlarmAndRecordingResumesByItself) {
  TestVolume volume;
  volume.open();
  const auto gate = volume.record("gate");
  const auto yard = volume.record("yard");
  volume.files->report_space(VolumeFiles::Space{});
  const Units sent = make_video(0ms, 50);
  volume.push(*gate, sent);
  volume.push(*yard, sent);
  const auto failed = volume.storage->flush();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, base::ErrorKind::full);
  EXPECT_FALSE(volume.storage->flush());
  EXPECT_EQ(volume.count("storage.full"), 1u);
  EXPECT_EQ(volume.count("recording.failed", "gate"), 1u);
  EXPECT_EQ(volume.count("recording.failed", "yard"), 1u);
  EXPECT_NE(volume.find("storage.full")->message.find(volume.path().native()), std::string::npos);
  EXPECT_NE(volume.find("recording.failed")->message.find("free space"), std::string::npos);

  volume.files->report_space(std::nullopt);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("storage.resumed"), 1u);
  EXPECT_EQ(volume.count("recording.resumed", "gate"), 1u);
  expect_same_units(volume.read("gate"), sent);
  expect_same_units(volume.read("yard"), sent);
}

/// A small file system of its own, where the process may make one.
class SmallFileSystem {
 public:
  explicit SmallFileSystem(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=5m") == 0;
  }
  ~SmallFileSystem() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  const std::filesystem::path path_;
  bool mounted_;
};

TEST(StorageFault, ARealFileSystemThatIsFullStopsNothingElseAndIsUsedAgainWhenThereIsSpace) {
  TestVolume volume;
  volume.options.full.reserve_bytes = 512u << 10;
  const SmallFileSystem small(volume.path());
  if (!small.mounted()) GTEST_SKIP() << "mounting a tmpfs is not permitted";
  const auto filler = volume.path() / "somebody-elses-file";
  write_bytes(filler, base::Bytes(2u << 20));
  volume.open();
  const auto recorder = volume.record("gate");
  const Units sent = make_video(0ms, 300, 10000);
  volume.push(*recorder, sent);
  EXPECT_EQ(volume.storage->flush().error().kind, base::ErrorKind::full);
  EXPECT_EQ(volume.count("storage.full"), 1u);
  EXPECT_GT(volume.read("gate").size(), 50u) << "what fitted is there";
  std::filesystem::remove(filler);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("recording.resumed", "gate"), 1u);
  expect_same_units(volume.read("gate"), sent);
  volume.close();
}

TEST(StorageFault, ADiskThatFillsUpWhileWritingLosesNothingThatWasCommitted) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("gate");
  const Units first = make_video(0ms, 25);
  volume.push(*recorder, first);
  ASSERT_TRUE(volume.storage->flush());
  volume.files->refuse_write(base::ErrorKind::full);
  volume.push(*recorder, make_video(1s, 25));
  EXPECT_FALSE(volume.storage->flush());
  EXPECT_EQ(volume.segment_files().size(), 1u) << "no empty segments are left behind";
  expect_same_units(volume.read("gate"), first);
  volume.files->refuse_write(std::nullopt);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("gate").size(), 50u);
}

TEST(StorageFault, AfterAFailedSyncTheDataGoesToAnotherSegment) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("gate");
  const Units sent = make_video(0ms, 50);
  volume.push(*recorder, Units(sent.begin(), sent.begin() + 25));
  ASSERT_TRUE(volume.storage->flush());
  volume.files->refuse_sync(true);
  volume.push(*recorder, Units(sent.begin() + 25, sent.end()));
  EXPECT_EQ(volume.storage->flush().error().kind, base::ErrorKind::io);
  EXPECT_EQ(volume.count("storage.failed"), 1u);
  volume.files->refuse_sync(false);
  volume.files->power_cut();
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("gate"), sent);
  EXPECT_EQ(volume.segment_files().size(), 2u);
}

TEST(StorageFault, WhenTheQueueIsFullWholeGroupsOfPicturesAreDroppedAndCounted) {
  TestVolume volume;
  volume.options.queue_bytes = 1u << 20;
  volume.open();
  const auto recorder = volume.record("gate");
  volume.files->refuse_create(base::ErrorKind::full);
  const Units sent = make_video(0ms, 100, 20000);
  volume.push(*recorder, sent);
  const auto stats = recorder->stats();
  EXPECT_GT(stats.units, 40u);
  EXPECT_EQ(stats.units + stats.dropped_disk + stats.dropped_server, sent.size());
  EXPECT_EQ(volume.count("recording.failed", "gate"), 1u);
  EXPECT_LE(volume.storage->stats().queued_bytes, volume.options.queue_bytes);

  volume.files->refuse_create(std::nullopt);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("recording.resumed"), 0u) << "pictures are still being dropped";
  EXPECT_FALSE(recorder->push(make_picture(4s, false)));
  const Units later = make_video(5s, 25);
  volume.push(*recorder, later);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("recording.resumed", "gate"), 1u);
  Units expected(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(stats.units));
  expected.insert(expected.end(), later.begin(), later.end());
  expect_same_units(volume.read("gate"), expected);
  EXPECT_EQ(volume.spans("gate").size(), 2u);
}

TEST(StorageFault, ADiskThatHangsNeitherBlocksAPushNorStaysSilent) {
  TestVolume volume;
  volume.options.queue_bytes = 1u << 20;
  volume.open();
  const auto recorder = volume.record("gate");
  recorder->push(make_picture(0ms, true));
  volume.files->stall(true);
  recorder->close();
  const auto another = volume.record("yard");
  volume.clock.advance(1s);
  another->push(make_picture(0ms, true));
  EXPECT_EQ(volume.storage->flush(1ms).error().kind, base::ErrorKind::timeout);
  volume.files->await_stalled();
  volume.clock.advance(4s);
  another->push(make_picture(40ms, false));
  ASSERT_EQ(volume.count("recording.failed", "yard"), 1u);
  EXPECT_EQ(volume.find("recording.failed")->cause, "stalled");
  volume.push(*another, make_video(1s, 100, 20000));
  EXPECT_GT(another->stats().dropped_disk, 0u);
  EXPECT_EQ(another->stats().dropped_server, 0u);
  volume.files->stall(false);
  ASSERT_TRUE(volume.storage->flush());
  volume.push(*another, make_video(10s, 25));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("recording.resumed", "yard"), 1u);
}

TEST(StorageFault, APowerCutTakesOnlyWhatWasNotYetCommitted) {
  for (const std::uint64_t kept : {0, 1, 300, 4096, 30000, 60000}) {
    TestVolume volume;
    volume.open();
    const auto recorder = volume.record("gate");
    const Units sent = make_video(0ms, 50);
    volume.push(*recorder, Units(sent.begin(), sent.begin() + 25));
    ASSERT_TRUE(volume.storage->flush());
    volume.files->refuse_sync(true);
    volume.files->refuse_create(base::ErrorKind::io);
    volume.push(*recorder, Units(sent.begin() + 25, sent.end()));
    ASSERT_FALSE(volume.storage->flush());
    volume.close();
    volume.files->power_cut(kept);
    volume.files->refuse_sync(false);
    volume.files->refuse_create(std::nullopt);
    volume.open();
    const Units found = volume.read("gate");
    ASSERT_GE(found.size(), 25u) << kept;
    expect_same_units(found, Units(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(found.size())));
    volume.clock.advance(5s);
    volume.push(*volume.record("gate"), make_video(5s, 25));
    ASSERT_TRUE(volume.storage->flush());
    EXPECT_EQ(volume.read("gate").size(), found.size() + 25);
  }
}

TEST(StorageFault, ADamagedChunkIsLeftOutAndAnnounced) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("gate");
  const Units sent = make_video(0ms, 100);
  volume.push(*recorder, sent);
  ASSERT_TRUE(volume.storage->flush());
  volume.close();
  const auto path = volume.segment_files().at(0);
  base::Bytes bytes = read_bytes(path);
  const auto& victim = sent[27]->payload;
  const auto at = std::search(bytes.begin(), bytes.end(), victim.begin(), victim.end());
  ASSERT_NE(at, bytes.end());
  *at ^= 0x10;
  write_bytes(path, bytes);
  volume.open();
  Units expected(sent.begin(), sent.begin() + 25);
  expected.insert(expected.end(), sent.begin() + 50, sent.end());
  expect_same_units(volume.read("gate"), expected);
  EXPECT_EQ(volume.count("storage.damaged", "gate"), 1u);
}

TEST(StorageFault, ATruncatedSegmentKeepsWhatIsBefore) {
  TestVolume volume;
  volume.open();
  const Units sent = make_video(0ms, 100);
  volume.push(*volume.record("gate"), sent);
  volume.close();
  const auto path = volume.segment_files().at(0);
  base::Bytes bytes = read_bytes(path);
  bytes.resize(120'000);
  write_bytes(path, bytes);
  volume.open();
  EXPECT_EQ(volume.find("storage.damaged")->cause, "truncated");
  const Units found = volume.read("gate");
  ASSERT_GT(found.size(), 25u);
  ASSERT_LT(found.size(), 100u);
  expect_same_units(found, Units(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(found.size())));
  volume.clock.advance(10s);
  volume.push(*volume.record("gate"), make_video(10s, 25));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("gate").size(), found.size() + 25);
}

TEST(StorageFault, AMissingSegmentIsAnnouncedAndItsNumberNotUsedAgain) {
  TestVolume volume;
  volume.open();
  volume.push(*volume.record("gate"), make_video(0ms, 300, 10000));
  volume.close();
  const auto last = volume.segment_files().back();
  std::filesystem::remove(last);
  volume.open();
  EXPECT_EQ(volume.find("storage.damaged")->cause, "missing");
  EXPECT_GT(volume.read("gate").size(), 10u);
  volume.clock.advance(100s);
  volume.push(*volume.record("gate"), make_video(100s, 300, 10000));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_FALSE(std::filesystem::exists(last));
}

TEST(StorageFault, AForeignFileIsLeftAloneAndNamed) {
  TestVolume volume;
  volume.open();
  volume.push(*volume.record("gate"), make_video(0ms, 50));
  volume.close();
  const auto foreign = volume.path() / "segment-0000000009.wrs";
  const base::Bytes rubbish(100'000, 0x47);
  write_bytes(foreign, rubbish);
  write_bytes(volume.path() / "segment-9.wrs", rubbish);
  volume.open();
  EXPECT_EQ(volume.count("storage.damaged"), 1u);
  EXPECT_EQ(volume.find("storage.damaged")->cause, "foreign");
  EXPECT_EQ(volume.read("gate").size(), 50u);
  EXPECT_EQ(read_bytes(foreign), rubbish);
}

TEST(StorageFault, ADamagedSegmentHeaderDoesNotHideTheChunks) {
  TestVolume volume;
  volume.open();
  volume.push(*volume.record("gate"), make_video(0ms, 50));
  volume.close();
  ChunkIndex::erase(volume.path() / "index.sqlite");
  const auto path = volume.segment_files().at(0);
  base::Bytes bytes = read_bytes(path);
  bytes[17] ^= 1;
  write_bytes(path, bytes);
  volume.open();
  EXPECT_EQ(volume.find("storage.damaged")->cause, "damaged");
  EXPECT_EQ(volume.read("gate").size(), 50u);
}

TEST(StorageFault, AnUnfinishedSegmentOfAKilledServerIsCleanedUp) {
  TestVolume volume;
  volume.open();
  volume.close();
  const auto leftover = volume.path() / "segment-0000000001.wrs.new";
  write_bytes(leftover, base::Bytes(5000));
  volume.open();
  EXPECT_FALSE(std::filesystem::exists(leftover));
}

}  // namespace
}  // namespace watchrig::storage
