#include <cstdint>
#include <cstdlib>

#include "system/media/parameter_sets.hpp"
#include "system/media/rtcp.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtp_receiver.hpp"

// The first byte chooses codec and transport, then come packets, each behind its length in two bytes (RFC
// 4571, as in testing/captures); a length with the top bit set is RTCP. Checks what the receiver promises
// besides not to crash.

namespace {

using namespace watchrig;
using namespace watchrig::media;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Checker {
  base::UtcTime last{};
  RtpPacketizer* packetizer = nullptr;

  void operator()(const AccessUnitPtr& unit) {
    require(unit->time > last);
    last = unit->time;
    require(!unit->payload.empty());
    require(unit->payload.size() <= (std::size_t{1} << 20));
    if (unit->codec == Codec::h264 || unit->codec == Codec::h265) {
      NalReader reader(unit->payload);
      while (reader.next()) continue;
      require(reader.whole());
    }
    (void)packetizer->packetize(*unit);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Track track;
  track.codec = static_cast<Codec>(1 + data[0] % 6);
  track.config = {0x14, 0x08};
  RtpReceiverOptions options;
  options.ordered = (data[0] & 0x40) != 0;
  options.damage = (data[0] & 0x80) != 0 ? DamagePolicy::deliver_damaged : DamagePolicy::drop_damaged;
  options.reorder_packets = 8;
  options.max_unit_bytes = std::size_t{1} << 20;
  base::ByteView rest(data + 1, size - 1);
  if (rest.size() > 3) track.payload_type = rest[3] & 0x7f;

  RtpPacketizer packetizer(track, 0, 1);
  Checker checker;
  checker.packetizer = &packetizer;
  RtpReceiver receiver(track, options, [&](AccessUnitPtr unit) { checker(unit); });
  base::UtcTime now = base::UtcTime{} + std::chrono::hours(1);
  while (rest.size() >= 2) {
    const std::size_t length = base::load_be16(rest.data());
    rest = rest.subspan(2);
    const base::ByteView packet = rest.first(std::min(length & 0x7fff, rest.size()));
    rest = rest.subspan(packet.size());
    now += std::chrono::milliseconds(packet.size() % 64);
    if ((length & 0x8000) != 0) {
      receiver.push_rtcp(packet, now);
    } else {
      receiver.push(packet, now);
    }
    receiver.expire(now);
  }
  receiver.flush();
  (void)receiver.make_receiver_report(1, now);
  return 0;
}
