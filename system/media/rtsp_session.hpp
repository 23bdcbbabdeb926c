#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "system/media/rtsp_delivery.hpp"
#include "system/media/rtsp_lane.hpp"
#include "system/media/rtsp_message.hpp"
#include "system/media/rtsp_server_context.hpp"
#include "system/media/rtsp_socket.hpp"

namespace watchrig::media {

/// One session of a connection (RFC 2326, A.2): Ready once a track was set up, Playing while it has a
/// delivery. Belongs to the connection's executor; close() before it is destroyed.
class RtspSession {
 public:
  struct Events {
    std::function<void()> alive;  ///< the client has sent RTCP
    RtspDelivery::Ended ended;    ///< the delivery has ended by itself
  };

  RtspSession(std::shared_ptr<RtspServerContext> context, std::shared_ptr<RtspSocket> socket, std::string id,
              RtspTarget target, const RtspDescription& description, Events events);
  ~RtspSession() { close(); }
  RtspSession(const RtspSession&) = delete;
  RtspSession& operator=(const RtspSession&) = delete;

  const std::string& id() const { return id_; }
  const RtspTarget& target() const { return target_; }
  /// That can be set up, with or without those of the backchannel, which follow.
  std::size_t tracks(bool talking) const { return talking ? clock_rates_.size() : tracks_; }
  bool hears() const { return !heard_.empty(); }
  std::size_t lanes() const;
  bool playing() const { return delivery_ != nullptr; }

  /// `track` is less than tracks(true).
  RtspResponse setup(const RtspRequest& request, std::uint16_t track);
  /// Opens the feed; begin() starts to send, after the answer has been written.
  asio::awaitable<RtspResponse> play(const RtspRequest& request);
  void begin();
  RtspResponse pause();
  /// The delivery has ended by itself, and the session waits for another PLAY.
  void play_ended();
  void close();
  /// RTCP over TCP, or what is said; false when the channel is not one of RTCP.
  bool take_interleaved(const InterleavedFrame& frame);

 private:
  /// What the feed shall be opened for; the refusal where that cannot be played.
  std::variant<RtspTarget, RtspResponse> target_of(const RtspRequest& request);
  base::Result<RtspReplay> replay_of(const RtspRequest& request);
  RtspResponse add_lane(const RtspRequest& request, std::uint16_t track, RtspTransport transport);
  base::Result<std::unique_ptr<UdpPortPair>> open_ports(RtspTransport& transport);
  bool channels_taken(const RtspTransport& transport, std::uint16_t track) const;
  /// Of a track of the backchannel: takes its packets. Errors: those of RtspContent::hear().
  base::Result<> listen_at(const std::shared_ptr<RtspLane>& lane);
  std::string rtp_info(const RtspFeed& feed) const;

  const std::shared_ptr<RtspServerContext> context_;
  const std::shared_ptr<RtspSocket> socket_;
  const std::string id_;
  const RtspTarget target_;
  const bool recorded_;
  const std::size_t tracks_;  ///< that are sent; the further ones are heard
  const Presentation heard_;
  std::vector<std::uint32_t> clock_rates_;
  const Events events_;
  std::vector<std::shared_ptr<RtspLane>> lanes_;
  /// Who hears what is said on the lane of a track.
  struct Ear {
    std::shared_ptr<RtspLane> lane;
    std::unique_ptr<RtspHearing> hearing;
    bool open = false;  ///< while the client plays
    void take(base::ByteView rtp) const {
      if (open && hearing) hearing->take(rtp);
    }
  };
  static asio::awaitable<void> read_speech(std::shared_ptr<Ear> ear);

  std::shared_ptr<Ear> ear_;  ///< null: the client does not talk
  std::shared_ptr<PacketFilter> filter_;
  std::shared_ptr<RtspDelivery> delivery_;
  bool begun_ = false;
  // Of recorded material.
  bool marked_ = false;                   ///< the client has required onvif-replay
  std::optional<RtspReplay> played_;      ///< by the last PLAY
  std::optional<base::UtcTime> reached_;  ///< where that was stopped
  RtpPositions stopped_tracks_;           ///< where the tracks were then
};

/// The answer for an error of RtspContent, with its message as the body.
RtspResponse refusal(const base::Error& error);

}  // namespace watchrig::media
