#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace watchrig::devices::testing {

/// The other side of a connection by lines (REGISTRATION_PROTOCOL.md), played by a test with blocking calls.
struct LinePeer {
  using Tcp = boost::asio::ip::tcp;
  explicit LinePeer(Tcp::socket s) : socket(std::move(s)) {}

  /// Empty when the connection has ended.
  std::string read() {
    boost::system::error_code failure;
    const auto size = boost::asio::read_until(socket, boost::asio::dynamic_buffer(input), '\n', failure);
    if (failure) return {};
    const auto line = input.substr(0, size - 1);
    input.erase(0, size);
    return line;
  }
  /// So many bytes, some of which may have come with the line before them.
  std::string take(std::size_t size) {
    boost::system::error_code failure;
    if (input.size() < size) {
      boost::asio::read(socket, boost::asio::dynamic_buffer(input),
                        boost::asio::transfer_exactly(size - input.size()), failure);
    }
    const auto taken = input.substr(0, size);
    input.erase(0, size);
    return taken;
  }
  void say(const std::string& text) { boost::asio::write(socket, boost::asio::buffer(text + "\n")); }

  Tcp::socket socket;
  std::string input;
};

}  // namespace watchrig::devices::testing
