#include "system/central/time/ntp_packet.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace watchrig::central {

namespace chrono = std::chrono;
using base::Duration;
using base::Error;
using base::ErrorKind;
using base::UtcTime;

namespace {

constexpr unsigned unsynchronised_leap = 3;
constexpr unsigned unsynchronised_stratum = 16;
constexpr auto most_distance = chrono::seconds(16);  // MAXDISP, RFC 5905, A.5.1.1
constexpr std::int64_t to_1970 = 2'208'988'800;      // seconds
constexpr Duration era = chrono::seconds(std::int64_t{1} << 32U);
constexpr std::int64_t nano = 1'000'000'000;

/// 32.32 fixed point; signed, since the difference of timestamps of two eras wraps.
Duration span(std::int64_t fixed) {
  return chrono::seconds(fixed >> 32U) +
         Duration(
             static_cast<std::int64_t>(((static_cast<std::uint64_t>(fixed) & 0xffffffffU) * nano) >> 32U));
}

/// 16.16 fixed point.
Duration short_span(std::uint32_t fixed) { return span(static_cast<std::int64_t>(fixed) << 16U); }

Duration between(NtpTimestamp from, NtpTimestamp to) { return span(static_cast<std::int64_t>(to - from)); }

std::string shown_reference(const NtpPacket& packet) {
  const auto& bytes = packet.reference;
  if (packet.stratum > 1) {
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
    };
    return fmt::format("{}.{}.{}.{}", byte(0), byte(1), byte(2), byte(3));
  }
  std::string letters;
  std::ranges::copy_if(bytes, std::back_inserter(letters), [](char c) { return c > ' ' && c <= '~'; });
  return letters;
}

/// RFC 5905, 7.4.
Error kiss_of_death(const NtpPacket& packet) {
  const auto code = shown_reference(packet);
  if (code == "RATE")
    return {ErrorKind::full, "the server is asked too often (RATE); it is asked less often now"};
  if (code == "DENY" || code == "RSTR") {
    return {
        ErrorKind::denied,
        fmt::format("the server refuses this client ({}); enter another server, or ask who runs it", code)};
  }
  return {ErrorKind::unavailable, fmt::format("the server gives no time now (kiss of death \"{}\")", code)};
}

}  // namespace

NtpTimestamp to_ntp(UtcTime time) {
  const auto seconds = chrono::floor<chrono::seconds>(time);
  const auto rest = static_cast<std::uint64_t>((time - seconds).count());
  const auto whole = static_cast<std::uint64_t>(seconds.time_since_epoch().count() + to_1970) & 0xffffffffU;
  return whole << 32U | ((rest << 32U) / nano);
}

UtcTime from_ntp(NtpTimestamp timestamp, UtcTime near) {
  UtcTime time{chrono::seconds(static_cast<std::int64_t>(timestamp >> 32U) - to_1970) +
               Duration(static_cast<std::int64_t>(((timestamp & 0xffffffffU) * nano) >> 32U))};
  while (time + era / 2 < near) time += era;
  while (time - era / 2 > near) time -= era;
  return time;
}

std::optional<NtpPacket> NtpPacket::parse(base::ByteView bytes) {
  if (bytes.size() < size) return std::nullopt;
  const auto* at = bytes.data();
  NtpPacket packet;
  packet.leap = at[0] >> 6U;
  packet.version = (at[0] >> 3U) & 7U;
  packet.mode = at[0] & 7U;
  packet.stratum = at[1];
  packet.root_delay = short_span(base::load_be32(at + 4));
  packet.root_dispersion = short_span(base::load_be32(at + 8));
  packet.reference.assign(at + 12, at + 16);
  packet.reference_time = base::load_be64(at + 16);
  packet.origin = base::load_be64(at + 24);
  packet.receive = base::load_be64(at + 32);
  packet.transmit = base::load_be64(at + 40);
  return packet;
}

std::array<std::uint8_t, NtpPacket::size> ntp_request(NtpTimestamp nonce) {
  std::array<std::uint8_t, NtpPacket::size> bytes{};
  bytes[0] = 4U << 3U | NtpPacket::client;
  base::store_be64(bytes.data() + 40, nonce);
  return bytes;
}

base::Result<NtpSample> judge_ntp(const NtpPacket& answer, UtcTime sent, UtcTime received) {
  // A server without the time may say stratum 0 as well (RFC 5905, 7.3), but without a code.
  if (answer.stratum == 0 && !shown_reference(answer).empty()) return kiss_of_death(answer);
  if (answer.leap == unsynchronised_leap || answer.stratum == 0 || answer.stratum >= unsynchronised_stratum) {
    return Error{ErrorKind::unavailable,
                 "the server says that its own clock is not synchronised; see to that server"};
  }
  if (answer.root_delay / 2 + answer.root_dispersion >= most_distance) {
    return Error{ErrorKind::unavailable,
                 "the server says that its clock may be wrong by 16 s or more; see to that server"};
  }
  const bool contradicts = answer.receive == 0 || answer.transmit == 0 ||
                           between(answer.receive, answer.transmit) < Duration{} ||
                           between(answer.reference_time, answer.transmit) < Duration{};
  if (contradicts) return Error{ErrorKind::corrupt, "the times in the server's answer contradict each other"};
  const UtcTime arrived = from_ntp(answer.receive, sent);
  const UtcTime left = arrived + between(answer.receive, answer.transmit);
  const Duration delay = (received - sent) - (left - arrived);
  // The server's clock may be coarser than ours, but it cannot have taken longer than we have waited.
  if (delay < -chrono::milliseconds(100))
    return Error{ErrorKind::corrupt, "the server says that it answered later than the answer came"};
  return NtpSample{((arrived - sent) + (left - received)) / 2, std::max(delay, Duration{}), answer.stratum,
                   shown_reference(answer)};
}

}  // namespace watchrig::central
