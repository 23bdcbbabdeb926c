#include "simulators/camera/port_hold.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace watchrig::camera {

base::Result<PortHold> PortHold::take(const std::string& host, std::uint16_t port) {
  PortHold hold(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  address.sin_port = htons(port);
  if (hold.descriptor_ < 0 || ::setsockopt(hold.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(hold.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    auto error = base::os_error("hold", fmt::format("port {} of {}", port, host), errno);
    error.kind = base::ErrorKind::unavailable;
    return error;
  }
  return hold;
}

PortHold::PortHold(PortHold&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

PortHold& PortHold::operator=(PortHold&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PortHold::~PortHold() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace watchrig::camera
