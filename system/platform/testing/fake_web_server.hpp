#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace watchrig::platform::testing {

/// A web server on the loopback interface that answers as a test wants, one request after the other, on a
/// thread of its own.
class FakeWebServer {
 public:
  using Tcp = boost::asio::ip::tcp;
  /// All bytes of the answer to the request, counted from 1; empty: silence until the client leaves.
  using Answer = std::function<std::string(const std::string& request, unsigned count)>;

  explicit FakeWebServer(Answer answer) : answer_(std::move(answer)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeWebServer() {
    stopped_ = true;
    boost::asio::io_context io;
    boost::system::error_code ignored;
    Tcp::socket(io).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  FakeWebServer(const FakeWebServer&) = delete;
  FakeWebServer& operator=(const FakeWebServer&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  unsigned asked() const { return asked_; }

  static std::string page(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
  }

 private:
  void serve() {
    while (true) {
      Tcp::socket socket = acceptor_.accept();
      if (stopped_) return;
      boost::system::error_code failure;
      std::string request;
      boost::asio::read_until(socket, boost::asio::dynamic_buffer(request, 16384), "\r\n\r\n", failure);
      if (failure) continue;
      const std::string answer = answer_(request, ++asked_);
      if (answer.empty()) {
        char byte = 0;
        socket.read_some(boost::asio::buffer(&byte, 1), failure);
      } else {
        boost::asio::write(socket, boost::asio::buffer(answer), failure);
      }
    }
  }

  const Answer answer_;
  boost::asio::io_context io_;
  Tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> stopped_ = false;
  std::atomic<unsigned> asked_ = 0;
  std::thread thread_;
};

}  // namespace watchrig::platform::testing
