#pragma once

#include <memory>
#include <string_view>

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

struct RtspTarget;

/// By which a client says that it wants to talk (ONVIF Streaming Specification, 5.3.1).
inline constexpr std::string_view backchannel_feature = "www.onvif.org/ver20/backchannel";

/// Where one client's packets of the backchannel go, while it plays; destroyed when it talks no more. On the
/// session's executor.
class RtspHearing {
 public:
  virtual ~RtspHearing() = default;
  virtual void take(base::ByteView rtp) = 0;
};

/// What an RtspContent implements too, if clients may send it sound by the backchannel (ONVIF Streaming
/// Specification, 5.3). Called like RtspContent.
class RtspEars {
 public:
  virtual ~RtspEars() = default;
  /// What is understood there, each coding a media section of its own, behind those that are sent; a client
  /// chooses one. Empty: nothing is heard there, and who requires it is answered 551.
  virtual Presentation codings(const RtspTarget& target) = 0;
  /// At the SETUP of one of them. `ordered`: it comes over TCP. Error full (453): another one talks.
  virtual base::Result<std::unique_ptr<RtspHearing>> hear(const RtspTarget& target, const Track& coding,
                                                          bool ordered) = 0;
};

}  // namespace watchrig::media
