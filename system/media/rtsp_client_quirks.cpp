#include <algorithm>

#include <fmt/format.h>

#include "system/media/rtsp_client_session.hpp"
#include "system/media/rtsp_quirks.hpp"
#include "system/media/sdp_oddities.hpp"

namespace watchrig::media {

namespace {

constexpr base::Duration silence_of_reports = std::chrono::seconds(15);  // three of the usual intervals
constexpr base::Duration clock_tolerance = std::chrono::minutes(1);
constexpr std::uint64_t enough_units = 10, enough_leaps = 2;
constexpr std::uint32_t short_lived = 10;  // requests a nonce

/// The host of an rtsp:// address; empty for what is none.
std::string host_in(std::string_view address) {
  auto url = parse_rtsp_url(address);
  return url ? std::move(url->host) : std::string();
}

}  // namespace

void RtspClient::Session::note(std::string_view name, const std::string& detail) const {
  if (options_.quirk) options_.quirk(name, detail);
}

void RtspClient::Session::note_description(const RtspResponse& response,
                                           const SessionDescription& sdp) const {
  for (const auto& oddity : sdp_oddities(response.body, sdp)) note(oddity.name, oddity.detail);
  if (options_.dialer) return;  // it names itself as it is known behind the address translation
  const auto peer = link_->peer_address().to_string();
  std::vector<std::string> hosts{host_in(sdp.control)};
  for (const auto& media : sdp.media) hosts.push_back(host_in(media.control));
  for (const char* name : {"Content-Location", "Content-Base"})
    hosts.push_back(host_in(response.headers.find(name).value_or("")));
  const auto foreign = std::ranges::find_if(
      hosts, [&](const std::string& host) { return !host.empty() && host != peer && host != url_.host; });
  if (foreign != hosts.end())
    note(rtsp_quirks::sdp_foreign_host,
         fmt::format("its description leads to the host {:.100}; the connection that is there is used",
                     *foreign));
}

void RtspClient::Session::note_password() const {
  if (auth_->without_qop() && auth_->accepted_answers() > 0)
    note(rtsp_quirks::digest_without_qop, "it asks for Digest as before RFC 2617, without qop");
  const auto renewals = auth_->renewals();
  if (renewals >= 2 && auth_->accepted_answers() <= renewals * short_lived)
    note(rtsp_quirks::digest_stale_each, fmt::format("its nonces are stale after {} requests or fewer",
                                                     auth_->accepted_answers() / renewals));
}

void RtspClient::Session::note_stream(base::Duration playing) const {
  const auto tolerance = clock_tolerance * std::max(1.0, clock_.settings().scale);
  std::uint64_t packets = 0, reports = 0;
  for (std::size_t i = 0; i < inbox_->tracks(); ++i) {
    const auto stats = inbox_->receiver(i).stats();
    packets += stats.packets;
    reports += stats.sender_reports;
    if (stats.clock_offset && std::chrono::abs(*stats.clock_offset) > tolerance)
      note(rtsp_quirks::rtcp_clock_wrong,
           fmt::format("the clock of its sender reports is {} {}; its pictures get the time of this server",
                       base::format_duration(std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::abs(*stats.clock_offset))),
                       *stats.clock_offset < base::Duration::zero() ? "behind" : "ahead"));
    if (stats.missing_markers >= enough_units && stats.missing_markers * 10 >= stats.units * 9)
      note(rtsp_quirks::no_marker, "no packet is marked as the last of its picture");
    if (stats.timestamp_jumps >= enough_leaps)
      note(rtsp_quirks::timestamp_jumps, "its timestamps leap; time goes on by the arrival of its pictures");
  }
  if (playing >= silence_of_reports && packets > 0 && reports == 0)
    note(rtsp_quirks::no_rtcp, "it sends no sender reports");
}

}  // namespace watchrig::media
