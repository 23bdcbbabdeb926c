#include "system/platform/syslog_sender.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read_until.hpp>
#include <gtest/gtest.h>

#include "system/base/text.hpp"

namespace watchrig::platform {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

SyslogEntry entry(std::string message) {
  return {4, base::UtcTime(1s), "account.refused", std::move(message)};
}

TEST(SyslogText, IsThatOfTheStandard) {
  const auto text = syslog_text(entry("wrong\npassword"), "vms");
  // 16 (local0) * 8 + 4 (warning); RFC 5424, 6.2.1
  EXPECT_TRUE(text.starts_with("<132>1 1970-01-01T00:00:01.000000Z vms watchrig ")) << text;
  EXPECT_TRUE(text.ends_with(" account.refused - \xEF\xBB\xBFwrong password")) << text;
}

TEST(SyslogText, ALongMessageEndsWithAWholeCharacter) {
  std::string message(1999, 'x');
  message += "\xC3\xA4";
  const auto text = syslog_text(entry(message), "vms");
  EXPECT_TRUE(text.ends_with("x"));
  message.pop_back();
  message.pop_back();
  message.pop_back();
  message += "\xC3\xA4";
  EXPECT_TRUE(syslog_text(entry(message + "more"), "vms").ends_with("\xC3\xA4"));
}

class SyslogSenderTest : public testing::Test {
 protected:
  /// Runs until `done`; real time, as long as anything may take.
  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!done() && std::chrono::steady_clock::now() < end) context.run_for(5ms);
    ASSERT_TRUE(done());
  }
  /// Takes the next frame off the stream: its length in decimal, a blank, the text.
  std::string frame(tcp::socket& peer) {
    std::string text;
    peer.non_blocking(true);
    run_until([&] {
      std::array<char, 4096> bytes{};
      boost::system::error_code failure;
      const auto count = peer.read_some(asio::buffer(bytes), failure);
      text.append(bytes.data(), count);
      const auto length = base::parse_number<std::size_t>(text.substr(0, text.find(' ')));
      return length && text.size() >= text.find(' ') + 1 + *length;
    });
    return text.substr(text.find(' ') + 1);
  }

  asio::io_context context;
  SyslogSender sender{context.get_executor()};
};

TEST_F(SyslogSenderTest, SendsDatagrams) {
  udp::socket server(context, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  server.non_blocking(true);
  sender.send(entry("nobody listens"));
  sender.set_server(SyslogServer{"127.0.0.1", server.local_endpoint().port(), false});
  sender.send(entry("one"));
  sender.send(entry("two"));
  std::vector<std::string> received;
  run_until([&] {
    std::array<char, 4096> bytes{};
    boost::system::error_code failure;
    const auto count = server.receive(asio::buffer(bytes), 0, failure);
    if (!failure) received.emplace_back(bytes.data(), count);
    return received.size() == 2;
  });
  EXPECT_TRUE(received[0].ends_with("one"));
  EXPECT_TRUE(received[1].ends_with("two"));
}

TEST_F(SyslogSenderTest, WaitsForAServerThatIsAwayAndGoesOnAfterIt) {
  std::uint16_t port = 0;
  {
    tcp::acceptor away(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = away.local_endpoint().port();
  }
  sender.set_server(SyslogServer{"127.0.0.1", port, true});
  sender.send(entry("one"));
  context.run_for(50ms);
  for (const char* expected : {"one", "two"}) {
    tcp::acceptor server(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    tcp::socket peer(context);
    bool accepted = false;
    server.async_accept(peer, [&](const boost::system::error_code& failure) { accepted = !failure; });
    if (std::string_view(expected) == "two") sender.send(entry("two"));
    run_until([&] { return accepted; });
    EXPECT_TRUE(frame(peer).ends_with(expected));
  }
}

TEST_F(SyslogSenderTest, TriesEachAddressOfTheServer) {
  // "localhost" is ::1, too, where nobody listens.
  tcp::acceptor server(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  tcp::socket peer(context);
  bool accepted = false;
  server.async_accept(peer, [&](const boost::system::error_code& failure) { accepted = !failure; });
  sender.set_server(SyslogServer{"localhost", server.local_endpoint().port(), true});
  sender.send(entry("one"));
  run_until([&] { return accepted; });
  EXPECT_TRUE(frame(peer).ends_with("one"));

  udp::socket datagrams(context, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  datagrams.non_blocking(true);
  sender.set_server(SyslogServer{"localhost", datagrams.local_endpoint().port(), false});
  bool received = false;
  run_until([&] {
    sender.send(entry("two"));
    std::array<char, 4096> bytes{};
    boost::system::error_code failure;
    datagrams.receive(asio::buffer(bytes), 0, failure);
    return received = received || !failure;
  });
}

TEST_F(SyslogSenderTest, DatagramsGoOnAfterTheServerWasAway) {
  udp::endpoint place(asio::ip::address_v4::loopback(), 0);
  place = udp::socket(context, place).local_endpoint();
  sender.set_server(SyslogServer{"127.0.0.1", place.port(), false});
  for (int n = 0; n < 5; ++n) sender.send(entry("nobody listens"));
  run_until([&] { return sender.stats().size == 0; });
  udp::socket server(context, place);
  server.non_blocking(true);
  sender.send(entry("one"));
  bool received = false;
  run_until([&] {
    std::array<char, 4096> bytes{};
    boost::system::error_code failure;
    const auto count = server.receive(asio::buffer(bytes), 0, failure);
    received = received || (!failure && std::string_view(bytes.data(), count).ends_with("one"));
    return received;
  });
}

TEST_F(SyslogSenderTest, WithoutAServerNothingWaits) {
  sender.set_server(SyslogServer{"127.0.0.1", 9, true});
  sender.set_server(std::nullopt);
  for (int n = 0; n < 100; ++n) sender.send(entry("x"));
  EXPECT_EQ(sender.stats().size, 0U);
}

}  // namespace
}  // namespace watchrig::platform
