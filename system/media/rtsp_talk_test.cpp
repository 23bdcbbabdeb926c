#include "system/media/rtsp_talk.hpp"

#include <gmock/gmock.h>

#include "system/media/rtp_packet.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;
using testing::RtspBench;

/// Of a server that hears mu-law.
void let_it_hear(RtspBench& bench) {
  Track coding;
  coding.codec = Codec::pcmu;
  coding.clock_rate = 8000;
  coding.payload_type = 0;
  coding.channels = 1;
  bench.content->heard = {coding};
}

RtspTalk::Options options(const RtspBench& bench) {
  RtspTalk::Options options;
  options.url = bench.url();
  return options;
}

base::Bytes speech(std::size_t samples) {
  base::Bytes bytes(samples);
  for (std::size_t i = 0; i < samples; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  return bytes;
}

asio::awaitable<void> talk_once(RtspBench& b) {
  RtspTalk talk(b.io.get_executor(), b.clock, options(b));
  const auto begun = co_await talk.start();
  CO_ASSERT(begun);
  EXPECT_EQ(*begun, Codec::pcmu);
  EXPECT_TRUE(b.content->talking);
  const auto done = co_await talk.say(speech(400));
  EXPECT_TRUE(done);
  co_await talk.stop();
}

TEST(RtspTalk, what_is_said_arrives_in_packets_of_20_ms) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run(talk_once(bench));
  bench.run_until([&] { return !bench.content->talking; });
  ASSERT_EQ(bench.content->speech.size(), 3);
  base::Bytes heard;
  std::optional<RtpHeader> last;
  for (const auto& packet : bench.content->speech) {
    const auto rtp = parse_rtp(packet);
    ASSERT_TRUE(rtp);
    EXPECT_EQ(rtp->header.marker, !last) << "the beginning is marked";
    if (last) {
      EXPECT_EQ(rtp->header.sequence, static_cast<std::uint16_t>(last->sequence + 1));
      EXPECT_EQ(rtp->header.timestamp, last->timestamp + 160);
      EXPECT_EQ(rtp->header.ssrc, last->ssrc);
    }
    last = rtp->header;
    heard.insert(heard.end(), rtp->payload.begin(), rtp->payload.end());
  }
  EXPECT_EQ(heard, speech(400));
}

TEST(RtspTalk, lasts_as_long_as_what_is_said) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    RtspTalk talk(b.io.get_executor(), b.clock, options(b));
    const auto begun = co_await talk.start();
    CO_ASSERT(begun);
    const auto begin = b.clock.now();
    const auto done = co_await talk.say(speech(1600));
    EXPECT_TRUE(done);
    EXPECT_GE(b.clock.now() - begin, std::chrono::milliseconds(180)) << "the last of ten packets is due then";
  }(bench));
}

TEST(RtspTalk, a_pause_is_one_for_the_device_too) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    RtspTalk talk(b.io.get_executor(), b.clock, options(b));
    const auto begun = co_await talk.start();
    CO_ASSERT(begun);
    auto done = co_await talk.say(speech(160));
    base::Timer pause(b.io.get_executor(), b.clock);
    (void)co_await pause.wait_for(std::chrono::milliseconds(500));
    done = co_await talk.say(speech(160));
    co_await talk.stop();
  }(bench));
  ASSERT_EQ(bench.content->speech.size(), 2);
  const auto before = parse_rtp(bench.content->speech[0]), after = parse_rtp(bench.content->speech[1]);
  EXPECT_GE(after->header.timestamp - before->header.timestamp, 160 * 20);
  EXPECT_EQ(after->header.sequence, static_cast<std::uint16_t>(before->header.sequence + 1));
  EXPECT_TRUE(after->header.marker);
}

base::Error refusal(RtspBench& bench) {
  base::Error error;
  bench.run([](RtspBench& b, base::Error& e) -> asio::awaitable<void> {
    RtspTalk talk(b.io.get_executor(), b.clock, options(b));
    const auto done = co_await talk.start();
    CO_ASSERT(!done);
    e = done.error();
    const auto said = co_await talk.say(speech(160));
    EXPECT_FALSE(said) << "who has not begun says nothing";
  }(bench, error));
  return error;
}

TEST(RtspTalk, is_refused_with_what_is_the_matter) {
  RtspBench bench;
  auto error = refusal(bench);
  EXPECT_EQ(error.kind, ErrorKind::unsupported);
  EXPECT_THAT(error.message, HasSubstr("DESCRIBE: 551"));
  let_it_hear(bench);
  bench.content->talking = true;
  error = refusal(bench);
  EXPECT_EQ(error.kind, ErrorKind::conflict);
  EXPECT_THAT(error.message, HasSubstr("another one is talking"));
  bench.content->talking = false;
  bench.content->heard[0].clock_rate = 16000;
  error = refusal(bench);
  EXPECT_EQ(error.kind, ErrorKind::unsupported);
  EXPECT_THAT(error.message, HasSubstr("takes no G.711"));
}

/// By which law somebody who would rather say mu-law is heard.
Codec law_of(RtspBench& bench) {
  Codec law{};
  bench.run([](RtspBench& b, Codec& l) -> asio::awaitable<void> {
    RtspTalk talk(b.io.get_executor(), b.clock, options(b));
    const auto begun = co_await talk.start();
    CO_ASSERT(begun);
    l = *begun;
    co_await talk.stop();
  }(bench, law));
  bench.run_until([&] { return !bench.content->talking; });
  return law;
}

TEST(RtspTalk, takes_the_law_that_the_device_knows) {
  RtspBench bench;
  let_it_hear(bench);
  auto a_law = bench.content->heard.front();
  a_law.codec = Codec::pcma;
  a_law.payload_type = 8;
  bench.content->heard.insert(bench.content->heard.begin(), a_law);
  EXPECT_EQ(law_of(bench), Codec::pcmu);
  bench.content->heard = {a_law};
  EXPECT_EQ(law_of(bench), Codec::pcma);
}

TEST(RtspTalk, asks_without_talking) {
  RtspBench bench;
  const auto asked = [&bench] {
    base::Result<std::vector<Codec>> codings = base::Error{};
    bench.run([](RtspBench& b, base::Result<std::vector<Codec>>& c) -> asio::awaitable<void> {
      RtspTalk talk(b.io.get_executor(), b.clock, options(b));
      c = co_await talk.ask();
      EXPECT_FALSE(b.content->talking);
    }(bench, codings));
    return codings;
  };
  EXPECT_EQ(asked().error().kind, ErrorKind::unsupported);
  let_it_hear(bench);
  const auto codings = asked();
  ASSERT_TRUE(codings) << codings.error().message;
  EXPECT_EQ(*codings, std::vector{Codec::pcmu});
}

TEST(RtspTalk, ends_when_the_device_goes_away) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    RtspTalk talk(b.io.get_executor(), b.clock, options(b));
    const auto begun = co_await talk.start();
    CO_ASSERT(begun);
    b.server->drop_all_sessions(true);
    base::Result<> done;
    for (int i = 0; i < 50 && done; ++i) done = co_await talk.say(speech(160));
    CO_ASSERT(!done);
    EXPECT_EQ(done.error().kind, ErrorKind::unavailable) << done.error().message;
  }(bench));
}

}  // namespace
}  // namespace watchrig::media
