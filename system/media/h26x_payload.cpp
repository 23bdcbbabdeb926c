#include <algorithm>
#include <array>

#include "system/media/parameter_sets.hpp"
#include "system/media/payload_formats.hpp"

namespace watchrig::media {

namespace {

constexpr std::uint8_t h264_fu_a = 28, h265_fu = 49;
constexpr std::uint8_t fu_start = 0x80, fu_end = 0x40;

// FU indicator and FU header; H.265 has a NAL unit header of two bytes (RFC 6184, 5.8; RFC 7798, 4.4.3).
struct FragmentHead {
  std::array<std::uint8_t, 3> bytes{};
  std::size_t size;
  std::size_t nal_header;

  FragmentHead(Codec codec, base::ByteView nal) {
    if (codec == Codec::h265) {
      bytes = {static_cast<std::uint8_t>((nal[0] & 0x81) | h265_fu << 1), nal[1], nal_type(codec, nal[0])};
      size = 3;
      nal_header = 2;
    } else {
      bytes = {static_cast<std::uint8_t>((nal[0] & 0xe0) | h264_fu_a), nal_type(codec, nal[0]), 0};
      size = 2;
      nal_header = 1;
    }
  }
  base::ByteView view() const { return {bytes.data(), size}; }
  void flag(std::uint8_t flags) {
    bytes[size - 1] = static_cast<std::uint8_t>((bytes[size - 1] & 0x3f) | flags);
  }
};

void add_fragments(Codec codec, base::ByteView nal, bool last_nal, RtpTrainWriter& writer) {
  FragmentHead head(codec, nal);
  const std::size_t room = writer.room() - head.size;
  base::ByteView rest = nal.subspan(head.nal_header);
  std::uint8_t flags = fu_start;
  while (!rest.empty()) {
    const std::size_t size = std::min(room, rest.size());
    if (size == rest.size()) flags |= fu_end;
    head.flag(flags);
    writer.add(last_nal && size == rest.size(), head.view(), rest.first(size));
    rest = rest.subspan(size);
    flags = 0;
  }
}

}  // namespace

base::Result<> packetize_h26x(Codec codec, base::ByteView payload, RtpTrainWriter& writer) {
  const auto invalid = [&](const char* what) {
    return base::Error{base::ErrorKind::invalid, std::string(to_string(codec)) + " access unit: " + what};
  };
  constexpr std::size_t usual_nals = 4;
  writer.reserve(payload.size(), usual_nals);
  const std::size_t header = codec == Codec::h265 ? 2 : 1;
  NalReader reader(payload);
  bool more = reader.next();
  if (!more) return invalid("no NAL unit");
  while (more) {
    const base::ByteView nal = reader.nal();
    if (nal.size() < header) return invalid("a NAL unit is shorter than its header");
    more = reader.next();
    if (nal.size() <= writer.room()) {
      writer.add(!more, {}, nal);
    } else {
      add_fragments(codec, nal, !more, writer);
    }
  }
  if (!reader.whole()) return invalid("a NAL unit's length leaves the payload");
  return {};
}

}  // namespace watchrig::media
