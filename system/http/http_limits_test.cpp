#include <algorithm>
#include <fstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/base/executor_pool.hpp"
#include "system/http/http_client.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t long_answer = 32 << 20;  // more than the buffers of both sockets hold

class HttpLimitsTest : public testing::Test {
 protected:
  void SetUp() override {
    router_.add_plain("GET", "/ok", {}, "an answer", [](const Request&) { return json_response(200, true); });
    router_.add_plain("POST", "/ok", {}, "an answer",
                      [](const Request&) { return json_response(200, true); });
    router_.add_plain("GET", "/long", {}, "a long answer", [](const Request&) {
      Response response;
      response.body = std::string(long_answer, 'x');
      return response;
    });
    router_.add_plain("GET", "/file", {}, "a long file", [](const Request&) {
      const std::filesystem::path path = testing::TempDir() + "http_limits_test.bin";
      std::ofstream(path) << std::string(long_answer, 'x');
      Response response;
      response.file = *whole_file(std::make_shared<TemporaryFile>(path));
      return response;
    });
    router_.add_plain("GET", "/withdrawn", {}, "a file that is not wanted for long", [this](const Request&) {
      const std::filesystem::path path = testing::TempDir() + "http_limits_withdrawn.bin";
      std::ofstream(path) << std::string(long_answer, 'x');
      Response response;
      response.file = *whole_file(std::make_shared<TemporaryFile>(path));
      response.wanted = [this] { return ++asked_ < 8; };
      return response;
    });
    router_.add_plain("POST", "/closed", {"key"}, "for nobody",
                      [](const Request&) { return json_response(200, true); });
    router_.set_gate([](const Route& route, Request&) -> std::optional<Response> {
      if (route.guard.right.empty()) return std::nullopt;
      return error_response(401, "unauthenticated", {}, "sign in first");
    });
    HttpServer::Options options;
    options.max_connections = 6;
    options.max_connections_per_source = 4;
    options.max_large_bodies = 3;
    options.max_large_bodies_per_source = 2;
    options.may_send_much = [](const Request& request) { return request.headers.count("x-unknown") == 0; };
    options.request_deadline = std::chrono::seconds(1);
    options.least_bytes_per_second = 64 << 20;
    server_ = *HttpServer::start(options, router_, [this] { return pool_.next(); });
    thread_ = std::jthread([this] { pool_.run(); });
  }
  void TearDown() override {
    server_->stop();
    pool_.stop();
  }

  tcp::socket connect(const char* source = "127.0.0.1") {
    tcp::socket socket(context_, tcp::endpoint(asio::ip::make_address(source), 0));
    socket.connect({asio::ip::address_v4::loopback(), server_->port()});
    return socket;
  }
  /// What comes until the server ends the connection.
  static std::string rest(tcp::socket& socket) {
    std::string answer;
    error_code ended;
    asio::read(socket, asio::dynamic_buffer(answer), ended);
    return answer;
  }
  /// Sends the text again and again, as slowly as the server lets it live, until the server ends the
  /// connection.
  static std::size_t trickle(tcp::socket& socket, const std::string& text, std::chrono::milliseconds pause) {
    std::size_t sent = 0;
    error_code failure;
    socket.non_blocking(true);
    for (;;) {
      asio::steady_timer(socket.get_executor(), pause).wait();
      char byte = 0;
      const auto got = socket.read_some(asio::buffer(&byte, 1), failure);
      if (got > 0 || failure != asio::error::would_block) return sent;
      asio::write(socket, asio::buffer(text), failure);
      if (failure) return sent;
      ++sent;
    }
  }
  bool answers(tcp::socket& socket) {
    asio::write(socket, asio::buffer(std::string("GET /ok HTTP/1.1\r\n\r\n")));
    std::string status(12, ' ');
    error_code failure;
    asio::read(socket, asio::buffer(status), failure);
    return status == "HTTP/1.1 200";
  }

  asio::io_context context_;
  base::ExecutorPool pool_{2};
  std::atomic<int> asked_{0};
  Router router_;
  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
};

TEST_F(HttpLimitsTest, AHeaderByteByByteIsCutOff) {
  auto slow = connect();
  asio::write(slow, asio::buffer(std::string("GET /ok HTTP/1.1\r\nA: ")));
  EXPECT_LT(trickle(slow, "a", std::chrono::milliseconds(50)), 100U);
  auto next = connect();
  EXPECT_TRUE(answers(next));
}

TEST_F(HttpLimitsTest, ABodyByteByByteIsCutOff) {
  auto slow = connect();
  asio::write(slow, asio::buffer(std::string("POST /ok HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")));
  EXPECT_LT(trickle(slow, "a", std::chrono::milliseconds(50)), 100U);
}

TEST_F(HttpLimitsTest, ManyHeadersAreRefusedAfterSixteenKilobytes) {
  auto flood = connect();
  std::string header = "GET /ok HTTP/1.1\r\n";
  for (int i = 0; header.size() < 64 * 1024; ++i) header += "H" + std::to_string(i) + ": x\r\n";
  error_code failure;
  asio::write(flood, asio::buffer(header), failure);
  EXPECT_TRUE(rest(flood).starts_with("HTTP/1.1 431"));
}

TEST_F(HttpLimitsTest, AHugeBodyIsRefusedBeforeItComes) {
  auto announced = connect();
  asio::write(announced,
              asio::buffer(std::string("POST /ok HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")));
  EXPECT_TRUE(rest(announced).starts_with("HTTP/1.1 413"));
  auto chunked = connect();
  error_code failure;
  asio::write(chunked, asio::buffer(std::string("POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")),
              failure);
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 64 && !failure; ++i) asio::write(chunked, asio::buffer(chunk), failure);
  EXPECT_TRUE(failure || rest(chunked).starts_with("HTTP/1.1 413"));
}

TEST_F(HttpLimitsTest, OnlySoManyLargeBodiesAreReadAtATime) {
  const auto begin = [this](const char* source) {
    auto client = connect(source);
    asio::write(client, asio::buffer(std::string("POST /ok HTTP/1.1\r\nExpect: 100-continue\r\n"
                                                 "Content-Length: 70000\r\n\r\n")));
    std::string told(12, ' ');
    asio::read(client, asio::buffer(told));
    return std::pair(std::move(client), told);
  };
  constexpr const char *taken = "HTTP/1.1 100", *refused = "HTTP/1.1 503";
  auto [first, told_first] = begin("127.0.0.1");
  auto [second, told_second] = begin("127.0.0.1");
  EXPECT_EQ(told_first, taken);
  EXPECT_EQ(told_second, taken);
  EXPECT_EQ(begin("127.0.0.1").second, refused) << "of one source";
  auto [other, told_other] = begin("127.0.0.2");
  EXPECT_EQ(told_other, taken);
  EXPECT_EQ(begin("127.0.0.3").second, refused) << "in all";
  {
    auto small = connect();
    EXPECT_TRUE(answers(small));
  }
  asio::write(first, asio::buffer("\r\n\r\n" + std::string(69996, 'x')));
  std::string rest_of_first(13 + 12, ' ');  // the end of the first line, and the next one
  asio::read(first, asio::buffer(rest_of_first));
  EXPECT_NE(rest_of_first.find("200"), std::string::npos) << rest_of_first;
  first.close();
  while (server_->connections() > 2) asio::steady_timer(context_, std::chrono::milliseconds(10)).wait();
  EXPECT_EQ(begin("127.0.0.1").second, taken);
}

TEST_F(HttpLimitsTest, AChunkedBodyIsLargeOnceItHasBecomeSo) {
  std::vector<tcp::socket> begun;
  for (int i = 0; i < 3; ++i) {
    begun.push_back(connect());
    asio::write(begun.back(),
                asio::buffer(std::string("POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n")));
  }
  const std::string chunk = "11170\r\n" + std::string(0x11170, 'x') + "\r\n";
  auto large = connect();
  asio::write(large,
              asio::buffer("POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n"));
  std::string status(12, ' ');
  asio::read(large, asio::buffer(status));
  EXPECT_EQ(status, "HTTP/1.1 200");
  asio::write(begun[0], asio::buffer(std::string("12345\r\n0\r\n\r\n")));
  asio::read(begun[0], asio::buffer(status));
  EXPECT_EQ(status, "HTTP/1.1 200");
}

TEST_F(HttpLimitsTest, WhoMayNotAskIsToldSoBeforeTheBody) {
  auto client = connect();
  asio::write(client, asio::buffer(std::string("POST /closed HTTP/1.1\r\nContent-Length: 70000\r\n\r\n")));
  EXPECT_TRUE(rest(client).starts_with("HTTP/1.1 401"));
  auto patient = connect();
  asio::write(patient, asio::buffer(std::string(
                           "POST /closed HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")));
  EXPECT_TRUE(rest(patient).starts_with("HTTP/1.1 401"));
}

TEST_F(HttpLimitsTest, WhoIsNotKnownSendsNoLargeBody) {
  const std::string header = "POST /ok HTTP/1.1\r\nX-Unknown: 1\r\n";
  auto announced = connect();
  asio::write(announced, asio::buffer(header + "Content-Length: 70000\r\n\r\n"));
  EXPECT_TRUE(rest(announced).starts_with("HTTP/1.1 413"));
  auto chunked = connect();
  asio::write(chunked, asio::buffer(header + "Transfer-Encoding: chunked\r\n\r\n20000\r\n" +
                                    std::string(0x20000, 'x')));
  EXPECT_TRUE(rest(chunked).starts_with("HTTP/1.1 413"));
  auto small = connect();
  asio::write(small, asio::buffer(header + "Content-Length: 5\r\n\r\n12345"));
  std::string status(12, ' ');
  asio::read(small, asio::buffer(status));
  EXPECT_EQ(status, "HTTP/1.1 200");
}

TEST_F(HttpLimitsTest, WhoAsksFirstIsToldToGoOn) {
  auto client = connect();
  asio::write(
      client,
      asio::buffer(std::string("POST /ok HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")));
  std::string told(25, ' ');
  asio::read(client, asio::buffer(told));
  EXPECT_EQ(told, "HTTP/1.1 100 Continue\r\n\r\n");
  asio::write(client, asio::buffer(std::string("12345")));
  std::string status(12, ' ');
  asio::read(client, asio::buffer(status));
  EXPECT_EQ(status, "HTTP/1.1 200");
}

TEST_F(HttpLimitsTest, WhoSendsAllOfAHugeBodyGetsToReadTheAnswer) {
  for (const char* head : {"POST /ok HTTP/1.1\r\nContent-Length: 4194304\r\n\r\n",
                           "POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n"}) {
    auto client = connect();
    error_code failure;
    asio::write(client, asio::buffer(head + std::string(4 << 20, 'x')), failure);
    EXPECT_FALSE(failure) << failure.message();
    std::string answer;
    asio::read(client, asio::dynamic_buffer(answer), failure);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
    EXPECT_EQ(failure, asio::error::eof) << "the connection was reset: " << failure.message();
  }
}

TEST_F(HttpLimitsTest, WhoIsRefusedAndGoesOnSendingIsCutOff) {
  auto client = connect();
  asio::write(client, asio::buffer(std::string("POST /ok HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")));
  const std::string part(1 << 20, 'x');
  std::size_t sent = 0;
  for (error_code failure; !failure && sent < 256;)
    sent += asio::write(client, asio::buffer(part), failure) >> 20;
  EXPECT_LT(sent, 256U);
  auto silent = connect();
  asio::write(silent, asio::buffer(std::string("no request\r\n\r\n")));
  EXPECT_TRUE(rest(silent).starts_with("HTTP/1.1 400"));
  while (server_->connections() > 0) asio::steady_timer(context_, std::chrono::milliseconds(20)).wait();
}

TEST_F(HttpLimitsTest, ConnectionsWaitWhileThereIsNoDescriptor) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer asks a pipe whether an object can be read, so it needs descriptors itself";
#endif
  for (int i = 0; i < 2; ++i) {  // each thread has made what it needs itself
    auto first = connect();
    EXPECT_TRUE(answers(first));
  }
  while (server_->connections() > 0) asio::steady_timer(context_, std::chrono::milliseconds(10)).wait();
  tcp::socket waiting(context_, tcp::v4());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  const int next = ::dup(0);  // the first that the server would get
  ::close(next);
  none.rlim_cur = static_cast<rlim_t>(next);
  testing::internal::CaptureStderr();
  ::setrlimit(RLIMIT_NOFILE, &none);
  error_code failure;
  waiting.connect({asio::ip::address_v4::loopback(), server_->port()}, failure);
  asio::steady_timer(context_, std::chrono::milliseconds(350)).wait();
  ::setrlimit(RLIMIT_NOFILE, &before);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(failure) << failure.message();
  EXPECT_TRUE(answers(waiting));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log.substr(0, 2000);
  EXPECT_NE(log.find("cannot accept connections"), std::string::npos) << log.substr(0, 2000);
}

TEST_F(HttpLimitsTest, WhoDoesNotReadTheAnswerIsCutOff) {
  for (const char* path : {"/long", "/file"}) {
    auto silent = connect();
    silent.set_option(asio::socket_base::receive_buffer_size(4096));
    asio::write(silent, asio::buffer(fmt::format("GET {} HTTP/1.1\r\n\r\n", path)));
    // Reads a little now and then, which is progress, but less than the server asks for.
    std::size_t got = 0;
    error_code ended;
    std::string part(4096, ' ');
    while (!ended && got < long_answer / 2) {
      asio::steady_timer(context_, std::chrono::milliseconds(100)).wait();
      got += silent.read_some(asio::buffer(part), ended);
      if (server_->connections() == 0) break;
    }
    EXPECT_LT(got, long_answer / 2) << path;
    EXPECT_EQ(server_->connections(), 0U) << path;
  }
}

TEST_F(HttpLimitsTest, AFileThatIsNoLongerWantedIsBrokenOff) {
  auto client = connect();
  asio::write(client, asio::buffer(std::string("GET /withdrawn HTTP/1.1\r\n\r\n")));
  const auto got = rest(client);
  EXPECT_NE(got.find("200 OK"), std::string::npos);
  EXPECT_LT(got.size(), long_answer / 2);
  EXPECT_EQ(asked_, 8);
}

TEST_F(HttpLimitsTest, OneSourceCannotTakeAllConnections) {
  std::vector<tcp::socket> taken;
  for (int i = 0; i < 4; ++i) {
    taken.push_back(connect());
    EXPECT_TRUE(answers(taken.back())) << i;
  }
  auto refused = connect();
  EXPECT_EQ(rest(refused), "");
  auto other = connect("127.0.0.2");
  EXPECT_TRUE(answers(other));
  auto third = connect("127.0.0.3");
  EXPECT_TRUE(answers(third));
  auto full = connect("127.0.0.4");
  EXPECT_EQ(rest(full), "");
}

}  // namespace
}  // namespace watchrig::http
