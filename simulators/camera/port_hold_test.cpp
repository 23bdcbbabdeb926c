#include "simulators/camera/port_hold.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace watchrig::camera {
namespace {

using boost::asio::ip::tcp;

TEST(PortHold, KeepsAPortFromOthersAndRefusesClientsUntilTheListenerIsBack) {
  boost::asio::io_context io;
  const tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
  auto listener = std::make_unique<tcp::acceptor>(io, any);
  const tcp::endpoint endpoint = listener->local_endpoint();
  listener.reset();
  auto hold = PortHold::take("127.0.0.1", endpoint.port());
  ASSERT_TRUE(hold) << hold.error().message;

  boost::system::error_code error;
  tcp::socket client(io);
  client.connect(endpoint, error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
  client.close();
  tcp::acceptor stranger(io, tcp::v4());
  stranger.bind(endpoint, error);
  EXPECT_EQ(error, boost::asio::error::address_in_use);

  listener = std::make_unique<tcp::acceptor>(io, endpoint);
  const PortHold moved = std::move(*hold);
  client.connect(endpoint, error);
  EXPECT_FALSE(error) << error.message();
}

TEST(PortHold, TakenPortIsAnError) {
  boost::asio::io_context io;
  const tcp::acceptor listener(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const auto hold = PortHold::take("127.0.0.1", listener.local_endpoint().port());
  ASSERT_FALSE(hold);
  EXPECT_EQ(hold.error().kind, base::ErrorKind::unavailable);
}

}  // namespace
}  // namespace watchrig::camera
