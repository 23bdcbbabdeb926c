#include "simulators/services/ntp/ntp_server.hpp"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "system/base/byte_order.hpp"

namespace watchrig::services {
namespace {

using boost::asio::ip::udp;

class NtpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    NtpServer::Spec spec;
    spec.time = base::parse_utc("2031-06-01T12:00:00Z").value();
    server = std::make_shared<NtpServer>("ntp", spec, clock, io.get_executor());
    ASSERT_TRUE(server->start());
    thread = std::thread([this] { io.run(); });
  }
  void TearDown() override {
    server->stop();
    thread.join();
  }
  std::vector<std::uint8_t> ask() {
    boost::asio::io_context own;
    udp::socket socket(own, udp::v4());
    std::vector<std::uint8_t> bytes(48);
    bytes[0] = 4U << 3U | 3U;
    bytes[47] = 9;
    const auto port = server->description().at("port").to_number<std::uint16_t>();
    socket.send_to(boost::asio::buffer(bytes), {boost::asio::ip::address_v4::loopback(), port});
    bytes.resize(512);
    udp::endpoint from;
    bytes.resize(socket.receive_from(boost::asio::buffer(bytes), from));
    return bytes;
  }

  const base::Clock clock;
  boost::asio::io_context io;
  std::shared_ptr<NtpServer> server;
  std::thread thread;
};

constexpr std::uint32_t noon = 4'147'070'400U;  // of 2031-06-01, since 1900

TEST_F(NtpServerTest, tells_the_time_that_it_was_given_and_repeats_the_nonce) {
  const auto answer = ask();
  ASSERT_EQ(answer.size(), 48U);
  EXPECT_EQ(answer[0], 4U << 3U | 4U);
  EXPECT_EQ(answer[31], 9);
  EXPECT_NEAR(base::load_be32(answer.data() + 40), noon, 60);
}

TEST_F(NtpServerTest, jumps_and_lies_when_it_is_told_to) {
  ASSERT_TRUE(server->inject({{"verb", "clock-jump"}, {"by", "1h"}}));
  EXPECT_NEAR(base::load_be32(ask().data() + 40), noon + 3600, 60);
  ASSERT_TRUE(server->inject({{"verb", "lie"}, {"what", "deny"}}));
  const auto answer = ask();
  EXPECT_EQ(answer[1], 0);
  EXPECT_EQ(std::string(answer.begin() + 12, answer.begin() + 16), "DENY");
  EXPECT_EQ(server->withdraw_all(), 2U);
  EXPECT_EQ(ask()[1], 2);
  EXPECT_FALSE(server->inject({{"verb", "lie"}, {"what", "sing"}}));
}

}  // namespace
}  // namespace watchrig::services
