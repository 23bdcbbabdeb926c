#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/json/object.hpp>

#include "system/api/server_parts.hpp"
#include "system/api/talk_desk.hpp"
#include "system/media/rtsp_talk.hpp"

namespace watchrig::api {

/// How to talk to a channel's device. Errors: not_found (the channel), those of the device's driver.
boost::asio::awaitable<base::Result<media::RtspTalk::Options>> talk_contact(ServerParts& parts,
                                                                            std::string channel,
                                                                            std::string request);

/// A talk to the device of a channel: one at a time, with its begin and its end in the log. On one executor;
/// the parts outlive it.
class ChannelTalk : public std::enable_shared_from_this<ChannelTalk> {
 public:
  struct Wish {
    media::Codec coding = media::Codec::pcmu;  ///< taken where the device understands both laws
    boost::json::object about = {};            ///< for the log
    /// Asked again and again: false ends the talk.
    std::function<bool()> goes_on;
    /// Told when somebody has it end; the talk hears no more then.
    std::function<void()> stopped = {};
  };
  using Ptr = std::shared_ptr<ChannelTalk>;

  /// For the caller of a route about a channel. Errors: conflict (somebody talks there), those of
  /// talk_contact() and RtspTalk::start().
  static boost::asio::awaitable<base::Result<Ptr>> begin(ServerParts& parts, std::shared_ptr<TalkDesk> desk,
                                                         http::Request request, Wish wish);

  /// What the device understands.
  media::Codec coding() const { return coding_; }
  base::Duration said() const;
  /// Says the samples in the time that they last. Errors: those of RtspTalk::say, cancelled (it goes on no
  /// more, or somebody has stopped it).
  boost::asio::awaitable<base::Result<>> say(base::Bytes g711);
  /// Who has stopped it; empty: nobody.
  const std::string& stopped_by() const { return stopped_by_; }
  /// Says goodbye to the device and lets others talk; the log has the reason.
  boost::asio::awaitable<void> end(std::string reason);

 private:
  ChannelTalk(ServerParts& parts, http::Request request, Wish wish)
      : parts_(parts), request_(std::move(request)), wish_(std::move(wish)) {}

  boost::asio::awaitable<base::Result<>> start();
  void stop(const std::string& account);

  ServerParts& parts_;
  const http::Request request_;
  const Wish wish_;
  std::unique_ptr<TalkDesk::Seat> seat_;
  std::unique_ptr<media::RtspTalk> talk_;  ///< once the device's address is known
  media::Codec coding_{};
  std::uint64_t samples_ = 0;
  std::string stopped_by_;
};

}  // namespace watchrig::api
