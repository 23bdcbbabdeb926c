#include "system/storage/storage.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "system/storage/chunk_index.hpp"
#include "system/storage/recovery.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;

std::vector<IndexedChunk> index_of(const TestVolume& volume) {
  const auto index = ChunkIndex::open(volume.path() / index_name);
  EXPECT_TRUE(index);
  return *(*index)->everything();
}

void expect_same_rows(const std::vector<IndexedChunk>& a, const std::vector<IndexedChunk>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].channel, b[i].channel);
    EXPECT_EQ(a[i].row, b[i].row) << i;
  }
}

TEST(Storage, GivesBackEveryUnitAsItCame) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  const Units sent = make_video(0ms, 100);
  volume.push(*recorder, sent);
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("c1"), sent);
  EXPECT_EQ(recorder->stats().committed_units, sent.size());
  EXPECT_EQ(recorder->stats().last_committed, sent.back()->time);
}

TEST(Storage, KeepsSoundAndPicturesInOrderOfArrival) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1", "main", video_and_audio_tracks());
  Units sent;
  for (const auto& picture : make_video(20ms, 60)) {
    sent.push_back(picture);
    sent.push_back(make_sound(picture->time - test_start - 20ms));
    sent.push_back(make_sound(picture->time - test_start));
  }
  volume.push(*recorder, sent);
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("c1"), sent);
}

TEST(Storage, ManyChannelsShareSegmentsAndAreToldApart) {
  TestVolume volume;
  volume.open();
  std::map<std::string, Units> sent;
  std::map<std::string, std::shared_ptr<ChannelRecorder>> recorders;
  for (const std::string name : {"c1", "c2", "c3"}) {
    recorders[name] = volume.record(name);
    sent[name] = make_video(std::chrono::milliseconds(name[1]), 150, 5000 + name[1]);
  }
  for (std::size_t i = 0; i < 150; ++i) {
    for (const auto& [name, recorder] : recorders) recorder->push(sent[name][i]);
    if (i % 20 == 0) {
      ASSERT_TRUE(volume.storage->flush());
    }
  }
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_GT(volume.segment_files().size(), 2u);
  for (const auto& [name, units] : sent) expect_same_units(volume.read(name), units);
}

TEST(Storage, ReadsFromTheKeyFrameBeforeAndEndsBeforeTo) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  const Units sent = make_video(0ms, 100);
  volume.push(*recorder, sent);
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("c1", 1700ms, 2080ms), Units(sent.begin() + 25, sent.begin() + 52));
  expect_same_units(volume.read("c1", 2s, 2s + 1ns), Units(sent.begin() + 50, sent.begin() + 51));
  EXPECT_FALSE(volume.storage->read("c1", "main", test_start + 1h, test_start + 2h));
  EXPECT_FALSE(volume.storage->read("c1", "sub", test_start, test_start + 2h));
}

TEST(Storage, AmongKeyFramesReadsFromTheLastOneBefore) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  Units sent;
  for (int i = 0; i < 50; ++i) sent.push_back(make_picture(i * 40ms, true));
  volume.push(*recorder, sent);
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("c1", 1010ms, 1100ms), Units(sent.begin() + 25, sent.begin() + 28));
}

TEST(Storage, RecordingBeginsAtAKeyFrame) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  recorder->push(make_picture(0ms, false));
  recorder->push(make_picture(40ms, true));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("c1").size(), 1u);
  EXPECT_EQ(recorder->stats().skipped, 1u);
}

TEST(Storage, AChangeOfResolutionBeginsAChunkOfItsOwn) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  volume.push(*recorder, make_video(0ms, 10));
  recorder->present(video_tracks(1920, 1080));
  volume.push(*recorder, make_video(400ms, 10));
  ASSERT_TRUE(volume.storage->flush());
  auto reader = volume.storage->read("c1", "main", test_start, test_start + 1h);
  ASSERT_TRUE(reader);
  for (int i = 0; i < 20; ++i) {
    const auto recorded = reader->next();
    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->presentation->at(0).width, i < 10 ? 1280 : 1920);
    EXPECT_EQ(recorded->discontinuity, i == 10);
  }
  EXPECT_FALSE(reader->next());
}

TEST(Storage, TimeSetBackOverwritesNothing) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  const Units first = make_video(1h, 50);
  const Units again = make_video(1h - 1s, 50, 3000);
  volume.push(*recorder, first);
  volume.push(*recorder, again);
  ASSERT_TRUE(volume.storage->flush());
  Units expected = first;
  expected.insert(expected.end(), again.begin(), again.end());
  expect_same_units(volume.read("c1"), expected);
  ASSERT_EQ(volume.spans("c1").size(), 1u);
  EXPECT_EQ(volume.spans("c1")[0].frames, 100u);
}

TEST(Storage, AnIndexThatIsDeletedIsMadeAgainEqual) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  const auto other = volume.record("c2", "main", video_and_audio_tracks());
  for (const auto& unit : make_video(0ms, 300, 4000)) {
    recorder->push(unit);
    other->push(unit);
    if (unit->key) {
      ASSERT_TRUE(volume.storage->flush());
    }
  }
  volume.close();
  const auto before = index_of(volume);
  ASSERT_GT(before.size(), 40u);
  ChunkIndex::erase(volume.path() / index_name);
  volume.open();
  ASSERT_TRUE(volume.find("storage.index-rebuilt"));
  EXPECT_EQ(volume.find("storage.index-rebuilt")->cause, "missing");
  EXPECT_EQ(volume.read("c1").size(), 300u);
  volume.close();
  expect_same_rows(index_of(volume), before);
}

TEST(Storage, AnIndexThatIsRubbishOrOfAnotherSchemaIsMadeAgain) {
  TestVolume volume;
  volume.open();
  volume.push(*volume.record("c1"), make_video(0ms, 100));
  volume.close();
  const auto path = volume.path() / index_name;
  write_bytes(path, base::Bytes(8192, 'x'));
  volume.open();
  EXPECT_EQ(volume.find("storage.index-rebuilt")->cause, "corrupt");
  EXPECT_EQ(volume.read("c1").size(), 100u);
  volume.close();
  ASSERT_TRUE(platform::SqliteDatabase::open(path)->execute("PRAGMA user_version = 77"));
  volume.open();
  EXPECT_EQ(volume.events().back().cause, "schema");
  EXPECT_EQ(volume.read("c1").size(), 100u);
}

TEST(Storage, AnIndexWithADamagedPageIsMadeAgain) {
  TestVolume volume;
  volume.open();
  volume.push(*volume.record("c1"), make_video(0ms, 2000, 100));
  volume.close();
  const auto path = volume.path() / index_name;
  base::Bytes bytes = read_bytes(path);
  ASSERT_GT(bytes.size(), 12288u);
  std::fill(bytes.begin() + 4096, bytes.end(), std::uint8_t{0x5a});
  write_bytes(path, bytes);
  volume.open();
  EXPECT_EQ(volume.count("storage.index-rebuilt"), 1u);
  EXPECT_EQ(volume.read("c1").size(), 2000u);
}

TEST(Storage, GoesOnInTheSegmentOfTheLastServer) {
  TestVolume volume;
  for (int i = 0; i < 4; ++i) {
    volume.open();
    volume.clock.advance(10s);
    volume.push(*volume.record("c1"), make_video(i * 10s, 50));
    volume.close();
  }
  EXPECT_EQ(volume.segment_files().size(), 1u);
  volume.open();
  EXPECT_EQ(volume.read("c1").size(), 200u);
  EXPECT_EQ(volume.spans("c1").size(), 4u);
  EXPECT_TRUE(volume.events().empty());
}

TEST(Storage, TwoServersNeverShareAFolder) {
  TestVolume volume;
  volume.open();
  const auto second = Storage::open(volume.options, volume.clock, volume.metrics, volume.sink());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, base::ErrorKind::conflict);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
}

TEST(Storage, AFolderThatIsAFileIsRefusedWithItsName) {
  TestVolume volume;
  write_bytes(volume.path(), base::Bytes{1});
  const auto opened = volume.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, base::ErrorKind::invalid);
  EXPECT_NE(opened.error().message.find(volume.path().native()), std::string::npos);
}

TEST(Storage, AFolderThatCannotBeWrittenIsRefusedWithARemedy) {
  TestVolume volume;
  volume.options.volumes[0].directory = "/proc/watchrig";
  const auto opened = volume.try_open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/proc/watchrig"), std::string::npos) << opened.error().message;
}

TEST(Storage, OptionsOutOfRangeAreRefusedByName) {
  TestVolume volume;
  volume.options.segment_bytes = 1000;
  EXPECT_NE(volume.try_open().error().message.find("segment_bytes"), std::string::npos);
}

TEST(Storage, AStreamHasOneRecorderAtATime) {
  TestVolume volume;
  volume.open();
  auto recorder = volume.record("c1");
  EXPECT_EQ(volume.storage->record("c1", "main", video_tracks()).error().kind, base::ErrorKind::conflict);
  recorder->close();
  EXPECT_FALSE(recorder->push(make_picture(0ms, true)));
  EXPECT_TRUE(volume.storage->record("c1", "main", video_tracks()));
  EXPECT_FALSE(volume.storage->record("", "main", video_tracks()));
  EXPECT_FALSE(volume.storage->record("c1", "sub", {}));
}

TEST(Storage, ARecorderMayOutliveItsStorage) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  recorder->push(make_picture(0ms, true));
  volume.close();
  EXPECT_FALSE(recorder->push(make_picture(40ms, false)));
  volume.open();
  EXPECT_EQ(volume.read("c1").size(), 1u) << "what was pushed before is kept";
}

TEST(Storage, ManyThreadsRecordWhileOthersRead) {
  TestVolume volume;
  const base::Clock clock;
  volume.options.group_interval = 1ms;
  auto opened = Storage::open(volume.options, clock, volume.metrics, volume.sink());
  ASSERT_TRUE(opened);
  volume.storage = std::move(*opened);
  std::vector<std::thread> threads;
  std::atomic<int> running{4};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, name = "c" + std::to_string(i)] {
      const auto recorder = volume.record(name);
      volume.push(*recorder, make_video(0ms, 500, 500));
      --running;
    });
  }
  threads.emplace_back([&] {
    while (running > 0) {
      volume.spans("c1");
      volume.read("c2");
      static_cast<void>(volume.storage->stats());
    }
  });
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(volume.storage->flush());
  for (int i = 0; i < 4; ++i)
    expect_same_units(volume.read("c" + std::to_string(i)), make_video(0ms, 500, 500));
  volume.close();
}

TEST(Storage, UnitsOfNoTrackAreRefused) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("c1");
  EXPECT_FALSE(recorder->push(make_sound(0ms)));
  EXPECT_EQ(recorder->stats().dropped_server, 1u);
}

}  // namespace
}  // namespace watchrig::storage
