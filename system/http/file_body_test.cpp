#include <algorithm>
#include <fstream>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/base/executor_pool.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Piece = FileBody::Piece;

constexpr std::string_view tag = "\"v1\"";

/// Bytes of which no two parts are alike.
std::string pattern(std::size_t size) {
  std::string text;
  for (std::uint32_t i = 0; text.size() < size; ++i) text += fmt::format("{:x};", i * 2654435761U);
  text.resize(size);
  return text;
}

struct Answer {
  std::string header;
  std::string body;

  int status() const { return header.size() < 12 ? 0 : std::stoi(header.substr(9, 3)); }
  /// Empty when there is none.
  std::string field(std::string_view name) const {
    const auto at = header.find(fmt::format("\r\n{}: ", name));
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return header.substr(begin, header.find("\r\n", begin) - begin);
  }
};

class FileBodyTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    const auto movie = pattern(200000);
    whole_ = "begin|" + movie + "|middle|" + "tail";
    pieces_ = {text("begin|"), file("movie", movie), text("|middle|"), file("empty", ""),
               file("tail", "tail")};
    router_.add_plain("GET", "/body", {}, "the body", [this](const Request&) { return response(); });
    router_.add_plain("POST", "/body", {}, "the same", [this](const Request&) { return response(); });
    auto server = HttpServer::start({}, router_, [this] { return pool_.next(); });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    thread_ = std::jthread([this] { pool_.run(); });
  }
  void TearDown() override {
    server_->stop();
    pool_.stop();
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  static Piece text(std::string_view bytes) { return {bytes.size(), std::string(bytes), {}}; }
  Piece file(std::string_view name, std::string_view bytes) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return {bytes.size(), {}, path};
  }
  Response response() const {
    auto body = std::make_shared<FileBody>();
    body->pieces = pieces_;
    Response made;
    made.status = status_;
    made.content_type = "video/mp4";
    made.file = std::move(body);
    made.wanted = wanted_;
    made.headers.emplace_back("Content-Disposition", "attachment; filename=\"movie.mp4\"");
    if (!etag_.empty()) made.headers.emplace_back("ETag", etag_);
    return made;
  }

  tcp::socket connect() {
    tcp::socket socket(context_);
    socket.connect({asio::ip::address_v4::loopback(), server_->port()});
    return socket;
  }
  Answer ask(std::string_view method, std::string_view fields = {}) {
    auto socket = connect();
    asio::write(socket, asio::buffer(
                            fmt::format("{} /body HTTP/1.1\r\nConnection: close\r\n{}\r\n", method, fields)));
    std::string all;
    boost::system::error_code ended;
    asio::read(socket, asio::dynamic_buffer(all), ended);
    const auto end = std::min(all.find("\r\n\r\n"), all.size());
    return {all.substr(0, end) + "\r\n", all.substr(std::min(end + 4, all.size()))};
  }
  Answer ask_range(std::string_view range, std::string_view fields = {}) {
    return ask("GET", fmt::format("Range: {}\r\n{}", range, fields));
  }
  void expect_whole(const Answer& answer, std::string_view what) const {
    EXPECT_EQ(answer.status(), 200) << what;
    EXPECT_EQ(answer.field("Content-Range"), "") << what;
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(whole_.size())) << what;
    EXPECT_TRUE(answer.body == whole_) << what;
  }
  /// That all was announced and only the beginning came.
  void expect_broken_off(const Answer& answer, std::size_t least, std::size_t most) const {
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(whole_.size()));
    EXPECT_GE(answer.body.size(), least);
    EXPECT_LE(answer.body.size(), most);
    EXPECT_TRUE(whole_.starts_with(answer.body));
  }

  const std::filesystem::path folder_ = testing::TempDir() + "file_body_test";
  asio::io_context context_;
  base::ExecutorPool pool_{1};
  Router router_;
  std::string whole_;
  std::vector<Piece> pieces_;
  int status_ = 200;
  std::string etag_ = std::string(tag);
  std::function<bool()> wanted_;
  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
};

TEST_F(FileBodyTest, FilesAndTextsAreSentInTheirOrder) {
  const auto answer = ask("GET");
  expect_whole(answer, "without a range");
  EXPECT_EQ(answer.field("Accept-Ranges"), "bytes");
  pieces_ = {};
  whole_ = "";
  expect_whole(ask("GET"), "nothing at all");
}

TEST_F(FileBodyTest, APartIsSentAcrossFilesAndTexts) {
  const std::size_t size = whole_.size(), movie = 6, middle = movie + 200000, tail = middle + 8;
  const std::pair<std::size_t, std::size_t> parts[] = {{0, 0},
                                                       {0, movie - 1},
                                                       {0, movie},
                                                       {movie, middle - 1},
                                                       {movie, movie},
                                                       {movie - 1, 100},
                                                       {70000, 140000},
                                                       {middle - 1, middle},
                                                       {middle, tail - 1},
                                                       {middle + 2, middle + 3},
                                                       {tail - 1, tail},
                                                       {middle - 70000, tail},
                                                       {tail, size - 1},
                                                       {size - 1, size - 1},
                                                       {0, size - 1}};
  for (const auto& [first, last] : parts) {
    const auto answer = ask_range(fmt::format("bytes={}-{}", first, last));
    EXPECT_EQ(answer.status(), 206);
    EXPECT_EQ(answer.field("Content-Range"), fmt::format("bytes {}-{}/{}", first, last, size));
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(last - first + 1));
    EXPECT_EQ(answer.field("Content-Type"), "video/mp4");
    EXPECT_EQ(answer.field("ETag"), tag);
    EXPECT_EQ(answer.field("Accept-Ranges"), "bytes");
    EXPECT_TRUE(answer.body == whole_.substr(first, last - first + 1)) << first << "-" << last;
  }
  EXPECT_EQ(ask_range("bytes=-6").body, "e|tail");
  EXPECT_EQ(ask_range(fmt::format("bytes={}-", tail - 1)).body, "|tail");
  EXPECT_EQ(ask_range(fmt::format("bytes={}-{}", tail, size + 5)).field("Content-Range"),
            fmt::format("bytes {}-{}/{}", tail, size - 1, size));
}

TEST_F(FileBodyTest, ARangeBeyondTheEndIs416AndNamesTheSize) {
  for (const auto& range : {fmt::format("bytes={}-", whole_.size()), std::string("bytes=-0")}) {
    const auto answer = ask_range(range);
    EXPECT_EQ(answer.status(), 416) << range;
    EXPECT_EQ(answer.field("Content-Range"), fmt::format("bytes */{}", whole_.size()));
    EXPECT_EQ(answer.field("Content-Type"), "application/json");
    EXPECT_EQ(answer.field("Content-Disposition"), "");
    EXPECT_NE(answer.field("X-Request-Id"), "");
    EXPECT_NE(answer.body.find(fmt::format("bytes=0-{}", whole_.size() - 1)), std::string::npos)
        << answer.body;
  }
}

TEST_F(FileBodyTest, ARangeThatIsNotUnderstoodIsAnsweredWhole) {
  for (const char* range : {"bytes=0-1,4-5", "bytes=5-4", "bytes", "lines=0-1", "bytes=a-"})
    expect_whole(ask_range(range), range);
}

TEST_F(FileBodyTest, HeadTellsTheSizeAndSendsNothing) {
  for (const char* fields : {"", "Range: bytes=0-1\r\n"}) {
    const auto answer = ask("HEAD", fields);
    EXPECT_EQ(answer.status(), 200) << fields;
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(whole_.size())) << fields;
    EXPECT_EQ(answer.field("Accept-Ranges"), "bytes") << fields;
    EXPECT_EQ(answer.body, "") << fields;
  }
}

TEST_F(FileBodyTest, OnlyTheSameStrongTagOfIfRangeLetsARangeAct) {
  EXPECT_EQ(ask_range("bytes=0-4", "If-Range: \"v1\"\r\n").body, "begin");
  for (const char* condition :
       {"\"v2\"", "W/\"v1\"", "v1", "*", "\"v1\", \"v2\"", "Sat, 29 Oct 1994 19:43:31 GMT"})
    expect_whole(ask_range("bytes=0-4", fmt::format("If-Range: {}\r\n", condition)), condition);
  expect_whole(ask_range(fmt::format("bytes={}-", whole_.size()), "If-Range: \"v2\"\r\n"), "beyond the end");
}

TEST_F(FileBodyTest, WhatMayBeAnotherNextTimeHasNoParts) {
  const auto expect_none = [this](const char* method, int status) {
    const auto answer = ask(method, "Range: bytes=0-4\r\n");
    EXPECT_EQ(answer.status(), status);
    EXPECT_EQ(answer.field("Accept-Ranges"), "");
    EXPECT_TRUE(answer.body == whole_);
  };
  expect_none("POST", 200);
  for (const char* none : {"", "W/\"v1\""}) {
    etag_ = none;
    expect_none("GET", 200);
  }
  etag_ = tag;
  status_ = 201;
  expect_none("GET", 201);
}

TEST_F(FileBodyTest, AConnectionServesPartAfterPart) {
  auto socket = connect();
  std::string all;
  for (const char* range : {"0-4", "999999-", "6-6", "-4"})
    asio::write(socket, asio::buffer(fmt::format("GET /body HTTP/1.1\r\nRange: bytes={}\r\n{}\r\n", range,
                                                 range[0] == '-' ? "Connection: close\r\n" : "")));
  boost::system::error_code ended;
  asio::read(socket, asio::dynamic_buffer(all), ended);
  EXPECT_NE(all.find("\r\n\r\nbeginHTTP/1.1 416"), std::string::npos) << all;
  EXPECT_NE(all.find("\r\n\r\n0HTTP/1.1 206"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\ntail")) << all;
}

TEST_F(FileBodyTest, ALongerFileIsSentAsFarAsItsPieceSays) {
  std::ofstream(folder_ / "movie", std::ios::app) << "more";
  std::ofstream(folder_ / "empty", std::ios::app) << "more";
  expect_whole(ask("GET"), "longer");
}

TEST_F(FileBodyTest, AFileThatIsShorterOrGoneBreaksTheAnswerOff) {
  std::filesystem::resize_file(folder_ / "movie", 100000);
  expect_broken_off(ask("GET"), 100006, 100006);
  EXPECT_EQ(ask_range("bytes=100000-100005").body, whole_.substr(100000, 6));
  const auto part = ask_range("bytes=100000-100009");
  EXPECT_EQ(part.field("Content-Length"), "10");
  EXPECT_EQ(part.body, whole_.substr(100000, 6));
  std::filesystem::remove(folder_ / "movie");
  expect_broken_off(ask("GET"), 6, 6);
  const auto none = ask_range("bytes=6-9");
  EXPECT_EQ(none.status(), 0) << "it cannot be opened at the very beginning: " << none.header;
  EXPECT_EQ(ask_range("bytes=-6").body, "e|tail");
}

TEST_F(FileBodyTest, AFileThatGetsShorterWhileItIsSentBreaksTheAnswerOff) {
  wanted_ = [this, asked = 0]() mutable {
    if (++asked == 2) std::filesystem::resize_file(folder_ / "movie", 150000);
    return true;
  };
  expect_broken_off(ask("GET"), 150006, 150006);
}

TEST_F(FileBodyTest, ATextThatIsShorterThanItsPieceBreaksTheAnswerOff) {
  pieces_[2].bytes = 9;
  whole_.insert(whole_.size() - 4, "?");
  const std::size_t before = whole_.size() - 5;
  expect_broken_off(ask("GET"), before, before);
}

TEST_F(FileBodyTest, AFileWithoutASizeIsNoBody) {
  const auto none = whole_file(std::make_shared<TemporaryFile>(folder_ / "nothing"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::io);
  EXPECT_NE(none.error().message.find("nothing"), std::string::npos);
}

}  // namespace
}  // namespace watchrig::http
