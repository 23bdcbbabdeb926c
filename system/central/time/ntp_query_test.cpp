#include "system/central/time/ntp_query.hpp"

#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include "system/central/time/testing/fake_ntp_server.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using testing::FakeNtpServer;
using ::testing::HasSubstr;

constexpr NtpManner quickly{4, base::Duration{}, 300ms};

class NtpQueryTest : public ::testing::Test {
 protected:
  base::Result<NtpSample> ask(const NtpServer& server, NtpManner manner = quickly) {
    boost::asio::io_context io;
    auto answer = boost::asio::co_spawn(io, ask_ntp(server, clock, manner), boost::asio::use_future);
    io.run();
    return answer.get();
  }
  const base::Clock clock;
};

TEST_F(NtpQueryTest, the_offset_is_that_of_the_server) {
  FakeNtpServer fake(
      [&](auto request, unsigned) { return FakeNtpServer::answer(request, clock.now() - 90s); });
  const auto sample = ask(fake.server());
  ASSERT_TRUE(sample) << sample.error().message;
  EXPECT_LE(std::chrono::abs(sample->offset + 90s), sample->delay / 2 + 1ms);
  EXPECT_EQ(fake.asked(), 4U);
}

TEST_F(NtpQueryTest, the_quickest_of_the_answers_counts) {
  FakeNtpServer fake([&](auto request, unsigned count) {
    if (count != 3) return FakeNtpServer::answer(request, clock.now());
    auto bytes = FakeNtpServer::answer(request, clock.now() + 5s);
    base::store_be64(bytes.data() + 40,
                     to_ntp(clock.now() + 5s + 50ms));  // nearly all of the delay was its own
    return bytes;
  });
  const auto sample = ask(fake.server());
  ASSERT_TRUE(sample);
  EXPECT_LE(std::chrono::abs(sample->offset - 5s), 100ms);
}

TEST_F(NtpQueryTest, an_answer_without_the_nonce_of_the_request_is_ignored) {
  FakeNtpServer fake([&](auto request, unsigned) {
    auto bytes = FakeNtpServer::answer(request, clock.now() + 1h);
    bytes[24] ^= 1U;
    return bytes;
  });
  const auto sample = ask(fake.server());
  ASSERT_FALSE(sample);
  EXPECT_EQ(sample.error().kind, ErrorKind::timeout);
  EXPECT_EQ(fake.asked(), 2U) << "two silences end it";
}

TEST_F(NtpQueryTest, an_answer_that_is_no_servers_or_too_short_is_ignored) {
  FakeNtpServer fake([&](auto request, unsigned count) {
    auto bytes = FakeNtpServer::answer(request, clock.now());
    if (count == 1) bytes[0] = 4U << 3U | 5U;  // a broadcast
    if (count == 2) bytes.resize(NtpPacket::size - 1);
    return bytes;
  });
  EXPECT_EQ(ask(fake.server()).error().kind, ErrorKind::timeout);
}

TEST_F(NtpQueryTest, who_answers_from_another_port_is_not_heard) {
  boost::asio::io_context io;
  FakeNtpServer::Udp::socket other(io, {boost::asio::ip::address_v4::loopback(), 0});
  FakeNtpServer::Udp::socket asked(io, {boost::asio::ip::address_v4::loopback(), 0});
  std::thread answering([&] {
    std::array<std::uint8_t, 512> bytes{};
    for (unsigned i = 0; i < 2; ++i) {
      FakeNtpServer::Udp::endpoint from;
      const auto size = asked.receive_from(boost::asio::buffer(bytes), from);
      other.send_to(boost::asio::buffer(FakeNtpServer::answer({bytes.data(), size}, clock.now())), from);
    }
  });
  EXPECT_EQ(ask({"127.0.0.1", asked.local_endpoint().port()}).error().kind, ErrorKind::timeout);
  answering.join();
}

TEST_F(NtpQueryTest, one_silence_is_forgiven) {
  FakeNtpServer fake([&](auto request, unsigned count) -> std::optional<base::Bytes> {
    if (count == 2) return std::nullopt;
    return FakeNtpServer::answer(request, clock.now());
  });
  EXPECT_TRUE(ask(fake.server()));
  EXPECT_EQ(fake.asked(), 4U);
}

TEST_F(NtpQueryTest, a_kiss_of_death_is_the_last_word) {
  FakeNtpServer fake([&](auto request, unsigned) {
    auto bytes = FakeNtpServer::answer(request, clock.now(), 0);
    std::copy_n("DENY", 4, bytes.begin() + 12);
    return bytes;
  });
  EXPECT_EQ(ask(fake.server()).error().kind, ErrorKind::denied);
  EXPECT_EQ(fake.asked(), 1U);
}

TEST_F(NtpQueryTest, nobody_there_is_said_with_the_address) {
  std::uint16_t port = 0;
  {
    FakeNtpServer gone([](auto, unsigned) { return std::nullopt; });
    port = gone.address().port();
  }
  const auto answer = ask({"127.0.0.1", port});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1 port " + std::to_string(port)));
  EXPECT_EQ(ask({"no-such-host.invalid", 123}).error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace watchrig::central
