#pragma once

#include <functional>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "system/central/time/ntp_query.hpp"

namespace watchrig::central::testing {

/// A server on the loopback interface that answers as a test wants, on a thread of its own.
class FakeNtpServer {
 public:
  using Udp = boost::asio::ip::udp;
  /// The bytes of the answer to a request, counted from 1; none: silence.
  using Answer = std::function<std::optional<base::Bytes>(base::ByteView request, unsigned count)>;

  explicit FakeNtpServer(Answer answer) : answer_(std::move(answer)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeNtpServer() {
    boost::asio::io_context io;
    Udp::socket(io, Udp::v4()).send_to(boost::asio::buffer("", 0), address());
    thread_.join();
  }
  FakeNtpServer(const FakeNtpServer&) = delete;
  FakeNtpServer& operator=(const FakeNtpServer&) = delete;

  Udp::endpoint address() const { return socket_.local_endpoint(); }
  NtpServer server() const { return {"127.0.0.1", address().port()}; }
  unsigned asked() const { return asked_; }

  /// A good answer of a server whose clock shows `time`.
  static base::Bytes answer(base::ByteView request, base::UtcTime time, std::uint8_t stratum = 2) {
    base::Bytes bytes(NtpPacket::size);
    bytes[0] = 4U << 3U | NtpPacket::server;
    bytes[1] = stratum;
    std::copy_n(request.begin() + 40, 8, bytes.begin() + 24);
    base::store_be64(bytes.data() + 16, to_ntp(time - std::chrono::minutes(1)));
    base::store_be64(bytes.data() + 32, to_ntp(time));
    base::store_be64(bytes.data() + 40, to_ntp(time));
    return bytes;
  }

 private:
  /// Until an empty datagram comes.
  void serve() {
    for (;;) {
      std::array<std::uint8_t, 512> bytes{};
      Udp::endpoint from;
      const std::size_t size = socket_.receive_from(boost::asio::buffer(bytes), from);
      if (size == 0) return;
      const auto answer = answer_(base::ByteView(bytes.data(), size), ++asked_);
      if (answer) socket_.send_to(boost::asio::buffer(*answer), from);
    }
  }

  boost::asio::io_context io_;
  Udp::socket socket_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  Answer answer_;
  std::atomic<unsigned> asked_ = 0;
  std::thread thread_;
};

}  // namespace watchrig::central::testing
