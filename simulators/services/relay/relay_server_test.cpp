#include "simulators/services/relay/relay_server.hpp"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace watchrig::services {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::HasSubstr;

/// What servers and their clients send, byte by byte, over real sockets.
class RelayServerTest : public testing::Test {
 protected:
  void SetUp() override {
    server =
        std::make_shared<RelayServer>("proxy", RelayServer::Spec{0, "gate-1", 5}, clock, io.get_executor());
    ASSERT_TRUE(server->start());
    port = server->description().at("port").to_number<std::uint16_t>();
    thread = std::jthread([this] { io.run(); });
  }
  void TearDown() override {
    server->stop();
    work.reset();
  }
  tcp::socket connected(const std::string& first) {
    tcp::socket socket(own);
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer(first));
    return socket;
  }
  static std::string read(tcp::socket& socket) {
    std::string text;
    boost::system::error_code failure;
    asio::read_until(socket, asio::dynamic_buffer(text), '\n', failure);
    return text;
  }

  asio::io_context io;
  asio::io_context own;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  base::Clock clock;
  std::shared_ptr<RelayServer> server;
  std::uint16_t port = 0;
  std::jthread thread;
};

TEST_F(RelayServerTest, leads_a_client_to_the_server_that_has_registered) {
  auto control = connected("{\"type\":\"register\",\"device_id\":\"gate-1\"}\n");
  EXPECT_EQ(read(control), "{\"type\":\"registered\",\"keep_alive\":5}\n");
  auto client = connected("GET / HTTP/1.1\n");
  EXPECT_EQ(read(control), "{\"type\":\"open\",\"tunnel\":\"t1\",\"service\":\"http\"}\n");
  auto tunnel = connected("{\"type\":\"tunnel\",\"tunnel\":\"t1\"}\n");
  EXPECT_EQ(read(tunnel), "GET / HTTP/1.1\n");
  asio::write(tunnel, asio::buffer(std::string_view("200 OK\n")));
  EXPECT_EQ(read(client), "200 OK\n");
  const auto ledger = boost::json::parse(server->ledger({}).value());
  EXPECT_EQ(ledger.at("registrations").at(0).at("device_id"), "gate-1");
  EXPECT_EQ(ledger.at("tunnels").to_number<int>(), 1);
}

TEST_F(RelayServerTest, refuses_who_is_not_known_and_clients_of_nobody) {
  auto control = connected("{\"type\":\"register\",\"device_id\":\"gate-2\"}\n");
  EXPECT_THAT(read(control), HasSubstr("refused"));
  EXPECT_EQ(read(control), "");
  auto client = connected("GET / HTTP/1.1\n");
  EXPECT_EQ(read(client), "");
}

TEST_F(RelayServerTest, lies_when_it_is_told_to) {
  ASSERT_TRUE(server->inject({{"verb", "lie"}, {"what", "garbage"}}));
  auto control = connected("{\"type\":\"register\",\"device_id\":\"gate-1\"}\n");
  EXPECT_THAT(read(control), HasSubstr("SSH"));
  EXPECT_FALSE(server->inject({{"verb", "lie"}, {"what", "sing"}}));
}

}  // namespace
}  // namespace watchrig::services
