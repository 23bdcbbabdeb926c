#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::camera {

/// In what way a camera does what its standard does not have, as many on the market: any of those of a table,
/// which tests name as the driver reports them.
class Quirks {
 public:
  /// Reads "session-dies=14s,no-rtcp,digest-stale-each=3". Error invalid names those that there are.
  static base::Result<Quirks> parse(std::string_view text);

  bool has(std::string_view name) const { return chosen_.contains(name); }
  /// Of a quirk with a time, which may be negative where that makes sense; nothing when the camera does not
  /// have it.
  std::optional<base::Duration> time(std::string_view name) const;
  /// Of a quirk with a number, from 1 on; 0 when the camera does not have it.
  std::uint64_t count(std::string_view name) const;
  bool empty() const { return chosen_.empty(); }
  /// The first one that only a camera with ONVIF can have; empty: none.
  std::string_view needs_onvif() const;

 private:
  struct Value {
    base::Duration time{};
    std::uint64_t count = 0;
  };
  std::map<std::string, Value, std::less<>> chosen_;
};

namespace quirks {
// Of events.
inline constexpr std::string_view pull_point_dies = "pull-point-dies",
                                  relative_renew_refused = "relative-renew-refused",
                                  renew_refused = "renew-refused",
                                  wrong_subscription_address = "wrong-subscription-address",
                                  initialized_repeated = "initialized-repeated",
                                  events_on_one_channel = "events-on-one-channel";
// Of media services.
inline constexpr std::string_view absurd_encoder_options = "absurd-encoder-options";
// Of hostile devices.
inline constexpr std::string_view soap_bomb = "soap-bomb", soap_deep = "soap-deep", soap_huge = "soap-huge",
                                  redirect_loop = "redirect-loop";
// Of recordings.
inline constexpr std::string_view hole_search_refused = "hole-search-refused",
                                  recordings_reversed = "recordings-reversed";
// Of sessions.
inline constexpr std::string_view session_dies = "session-dies", session_goes_silent = "session-goes-silent",
                                  teardown_ignored = "teardown-ignored",
                                  keep_alive_by_get_parameter = "keep-alive-by-get-parameter",
                                  get_parameter_refused = "get-parameter-refused",
                                  get_parameter_closes = "get-parameter-closes";
// Of passwords.
inline constexpr std::string_view digest_without_qop = "digest-without-qop",
                                  digest_stale_each = "digest-stale-each",
                                  unauthorized_storm = "unauthorized-storm";
// Of descriptions.
inline constexpr std::string_view sdp_without_parameters = "sdp-without-parameters",
                                  sdp_without_control = "sdp-without-control",
                                  sdp_foreign_host = "sdp-foreign-host", sdp_wrong_clock = "sdp-wrong-clock",
                                  sdp_unknown_lines = "sdp-unknown-lines",
                                  content_base_wrong = "content-base-wrong";
// Of packets.
inline constexpr std::string_view no_rtcp = "no-rtcp", rtcp_clock_wrong = "rtcp-clock-wrong",
                                  no_marker = "no-marker", timestamp_jumps = "timestamp-jumps";
// Of heads.
inline constexpr std::string_view ptz_timeout_ignored = "ptz-timeout-ignored";
// Of addresses.
inline constexpr std::string_view address_refused = "address-refused", address_ignored = "address-ignored",
                                  address_lost = "address-lost";
}  // namespace quirks

}  // namespace watchrig::camera
