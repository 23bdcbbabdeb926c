#include "system/storage/pending_chunk.hpp"

#include <gtest/gtest.h>

#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;

std::vector<std::unique_ptr<PendingChunk>> build(ChunkBuilder& builder,
                                                 const std::vector<media::AccessUnitPtr>& units) {
  std::vector<std::unique_ptr<PendingChunk>> chunks;
  for (const auto& unit : units) {
    if (auto ended = builder.add(unit, unit->time, unit->payload.size())) chunks.push_back(std::move(ended));
  }
  if (auto ended = builder.take()) chunks.push_back(std::move(ended));
  return chunks;
}

ChunkBuilder make_builder(media::Presentation tracks = video_tracks()) {
  ChunkBuilder builder("c1", "main", std::move(tracks), 500ms);
  builder.begin_run(1);
  return builder;
}

TEST(ChunkBuilder, AGroupOfPicturesBeginsWithAChunkAndLongerOnesAreContinued) {
  auto builder = make_builder();
  const auto chunks = build(builder, make_video(0ms, 50));
  ASSERT_EQ(chunks.size(), 4u);
  EXPECT_EQ(chunks[0]->units.size(), 13u) << "0 to 480 ms";
  EXPECT_EQ(chunks[1]->units.size(), 12u) << "until the key frame at 1 s";
  EXPECT_FALSE(chunks[0]->head.continues);
  EXPECT_TRUE(chunks[1]->head.continues);
  EXPECT_FALSE(chunks[2]->head.continues);
  for (std::uint32_t i = 0; i < chunks.size(); ++i) EXPECT_EQ(chunks[i]->head.index, i);
  EXPECT_EQ(chunks[1]->head.interval_ns, 40'000'000u);
}

TEST(ChunkBuilder, ShortGroupsOfPicturesEndAtTheirKeyFrame) {
  auto builder = make_builder();
  const auto chunks =
      build(builder, {make_picture(0ms, true), make_picture(40ms, false), make_picture(80ms, true)});
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0]->units.size(), 2u);
}

TEST(ChunkBuilder, PicturesThatAreAllKeyFramesShareAChunk) {
  auto builder = make_builder();
  std::vector<media::AccessUnitPtr> units;
  for (int i = 0; i < 25; ++i) units.push_back(make_picture(i * 40ms, true));
  EXPECT_EQ(build(builder, units).size(), 2u);
}

TEST(ChunkBuilder, LargePicturesEndAChunkByBytes) {
  auto builder = make_builder();
  const auto chunks = build(builder, make_video(0ms, 3, 5u << 20));
  EXPECT_EQ(chunks.size(), 3u);
}

TEST(ChunkBuilder, SoundThatLagsALittleKeepsItsTime) {
  auto builder = make_builder(video_and_audio_tracks());
  const auto chunks =
      build(builder, {make_picture(100ms, true), make_sound(80ms), make_picture(140ms, false)});
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0]->head.begin, test_start + 80ms);
  EXPECT_EQ(chunks[0]->head.time(chunks[0]->head.units[1]), test_start + 80ms);
}

TEST(ChunkBuilder, BeginNeverDecreasesInARun) {
  auto builder = make_builder(video_and_audio_tracks());
  builder.add(make_picture(100ms, true), test_start, 1);
  const auto first = builder.take();
  builder.add(make_sound(60ms), test_start, 1);
  const auto second = builder.take();
  EXPECT_EQ(second->head.begin, first->head.begin);
  EXPECT_EQ(second->head.time(second->head.units[0]), test_start + 60ms);
}

TEST(ChunkBuilder, ATimeThatDoesNotGrowAsksForAnotherRun) {
  auto builder = make_builder();
  builder.add(make_picture(100ms, true), test_start, 1);
  EXPECT_FALSE(builder.steps_back(*make_picture(140ms, false)));
  EXPECT_TRUE(builder.steps_back(*make_picture(100ms, false)));
  EXPECT_TRUE(builder.steps_back(*make_picture(-1h, true)));
  builder.begin_run(2);
  EXPECT_FALSE(builder.steps_back(*make_picture(-1h, true)));
}

TEST(ChunkBuilder, OtherTypesAreOfAnotherChunkOfTheSameRun) {
  using namespace platform;
  auto builder = make_builder();
  EXPECT_FALSE(builder.mark(manual_recording)) << "nothing is open";
  builder.add(make_picture(0ms, true), test_start, 1);
  EXPECT_FALSE(builder.mark(manual_recording)) << "it is of these already";
  const auto before = builder.mark(motion_recording);
  builder.add(make_picture(40ms, false), test_start, 1);
  const auto after = builder.take();
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->head.types, manual_recording);
  EXPECT_EQ(after->head.types, motion_recording);
  EXPECT_EQ(after->head.run, before->head.run);
  EXPECT_EQ(after->head.index, before->head.index + 1);
  EXPECT_TRUE(after->head.continues);
}

TEST(ChunkBuilder, AJumpForwardEndsTheChunk) {
  auto builder = make_builder();
  const auto chunks = build(builder, {make_picture(0ms, true), make_picture(1h, false)});
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0]->head.last, test_start);
}

}  // namespace
}  // namespace watchrig::storage
