#include "system/media/rtsp_inlet.hpp"

#include <array>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "system/base/spawn.hpp"
#include "system/media/rtp_packet.hpp"

namespace watchrig::media {
namespace {

using asio::ip::udp;

constexpr int most_packets_a_turn = 256;
constexpr std::size_t largest_packet = 65536;

}  // namespace

void RtspInlet::start(std::pair<std::uint16_t, std::uint16_t> server_ports) {
  rtcp_destination_ = server_ports.second;
  const auto executor = ports_.rtp.get_executor();
  base::spawn(executor, read_loop(shared_from_this(), Kind::rtp), "RTP of an RTSP client");
  base::spawn(executor, read_loop(shared_from_this(), Kind::rtcp), "RTCP of an RTSP client");
  if (server_ports.first == 0) return;
  std::array<std::uint8_t, rtp_header_size> empty{};
  write_rtp_header(empty.data(), {});
  boost::system::error_code ignored;
  ports_.rtp.send_to(asio::buffer(empty), {server_, server_ports.first}, 0, ignored);
}

void RtspInlet::send_rtcp(base::ByteView packet) {
  if (rtcp_destination_ == 0) return;
  boost::system::error_code ignored;
  ports_.rtcp.send_to(asio::buffer(packet.data(), packet.size()), {server_, rtcp_destination_}, 0, ignored);
}

void RtspInlet::close() {
  boost::system::error_code ignored;
  ports_.rtp.close(ignored);
  ports_.rtcp.close(ignored);
}

asio::awaitable<void> RtspInlet::read_loop(std::shared_ptr<RtspInlet> self, Kind kind) {
  udp::socket& socket = kind == Kind::rtp ? self->ports_.rtp : self->ports_.rtcp;
  while (socket.is_open() && !self->inbox_->closed()) {
    if (kind == Kind::rtp) co_await RtspInbox::wait_for_room(self->inbox_);
    boost::system::error_code error;
    co_await socket.async_wait(asio::socket_base::wait_read,
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    self->take_waiting(socket, kind);
  }
}

void RtspInlet::take_waiting(udp::socket& socket, Kind kind) {
  thread_local std::array<std::uint8_t, largest_packet> packet;
  const auto now = clock_.now();
  for (int i = 0; i < most_packets_a_turn; ++i) {
    udp::endpoint from;
    boost::system::error_code error;
    const std::size_t size = socket.receive_from(asio::buffer(packet), from, 0, error);
    if (error == asio::error::would_block) return;
    if (error || from.address() != server_) continue;
    bytes_ += size;
    const base::ByteView view(packet.data(), size);
    if (kind == Kind::rtp) {
      inbox_->take_rtp(track_, view, now);
      continue;
    }
    if (rtcp_destination_ == 0) rtcp_destination_ = from.port();
    inbox_->receiver(track_).push_rtcp(view, now);
  }
}

}  // namespace watchrig::media
