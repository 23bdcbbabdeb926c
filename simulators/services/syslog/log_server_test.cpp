#include "simulators/services/syslog/log_server.hpp"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace watchrig::services {
namespace {

namespace asio = boost::asio;

/// What syslog programs send, byte by byte, over real sockets.
class LogServerTest : public testing::Test {
 protected:
  void SetUp() override {
    server = std::make_shared<LogServer>("logs", 0, clock, io.get_executor());
    ASSERT_TRUE(server->start());
    port = server->description().at("port").to_number<std::uint16_t>();
    thread = std::jthread([this] { io.run(); });
  }
  void TearDown() override {
    server->stop();
    work.reset();
  }
  /// The ledger, as soon as it has so many entries.
  boost::json::array entries(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      auto list = boost::json::parse(server->ledger({}).value()).at("entries").as_array();
      if (list.size() >= count || std::chrono::steady_clock::now() > deadline) return list;
      std::this_thread::yield();
    }
  }
  asio::ip::tcp::socket connected() {
    asio::ip::tcp::socket socket(own);
    socket.connect({asio::ip::address_v4::loopback(), port});
    return socket;
  }

  asio::io_context io;
  asio::io_context own;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  base::Clock clock;
  std::shared_ptr<LogServer> server;
  std::uint16_t port = 0;
  std::jthread thread;
};

TEST_F(LogServerTest, a_datagram_is_an_entry) {
  asio::ip::udp::socket socket(own, asio::ip::udp::v4());
  const std::string text = "<131>1 - host vmsd - account.locked - locked";
  socket.send_to(asio::buffer(text), {asio::ip::address_v4::loopback(), port});
  const auto list = entries(1);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].at("protocol"), "udp");
  EXPECT_EQ(list[0].at("text").as_string(), text);
}

TEST_F(LogServerTest, entries_of_a_stream_are_parted_by_their_lengths) {
  auto socket = connected();
  for (const auto* part : {"3 one4 tw", " o5 th\nre1", "0 0123456789"})
    asio::write(socket, asio::buffer(std::string(part)));
  const auto list = entries(4);
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[1].at("text"), "tw o");
  EXPECT_EQ(list[2].at("text"), "th\nre");
  EXPECT_EQ(list[3].at("text"), "0123456789");
}

TEST_F(LogServerTest, what_is_no_entry_ends_the_connection) {
  auto socket = connected();
  asio::write(socket, asio::buffer(std::string_view("99999999 x")));
  char byte = 0;
  boost::system::error_code error;
  socket.read_some(asio::buffer(&byte, 1), error);
  EXPECT_TRUE(error);
  EXPECT_EQ(entries(0).size(), 0U);
}

}  // namespace
}  // namespace watchrig::services
