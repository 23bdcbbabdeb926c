#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "simulators/camera/personalities/quirks.hpp"
#include "system/media/rtsp_manners.hpp"

namespace watchrig::camera {

/// A Digest challenge as RFC 2069 has it: MD5, and neither algorithm nor qop named. Nothing for one of
/// SHA-256.
std::optional<std::string> without_qop(std::string_view challenge);

/// What all connections of a camera with quirks share. Any thread.
class QuirkyMemory {
 public:
  QuirkyMemory(const Quirks& quirks, const base::Clock& clock);

  /// Whether this right password is one of those that are refused.
  bool refuses_password();
  /// Whether there is room for one more session.
  bool has_room();
  void session_begun();
  void session_ended();

 private:
  const base::Clock& clock_;
  const base::Duration kept_;  ///< zero: a session that has ended is gone
  std::mutex mutex_;
  std::uint64_t refusals_;
  std::size_t live_ = 0;
  std::deque<base::UtcTime> ended_;  ///< that still take room, until when
};

/// How a camera with quirks deals with one connection.
class QuirkyManners final : public media::RtspManners {
 public:
  /// `realm` is that of the server.
  QuirkyManners(const Quirks& quirks, std::string realm, std::shared_ptr<QuirkyMemory> memory);

  std::optional<media::RtspResponse> instead(const media::RtspRequest& request) override;
  bool hangs_up(const media::RtspRequest& request) override;
  void change(const media::RtspRequest& request, media::RtspResponse& response) override;
  bool keeps_alive(std::string_view method) override;
  bool nonce_is_used_up() override;
  std::optional<base::Duration> session_life() override;
  bool falls_silent() override;
  void session_changed(bool exists) override;

 private:
  void change_description(media::RtspResponse& response) const;

  const Quirks quirks_;
  const std::string realm_;
  const std::shared_ptr<QuirkyMemory> memory_;
  std::uint64_t granted_ = 0, refused_ = 0;
  bool has_session_ = false;
};

}  // namespace watchrig::camera
