#include "system/media/testing/rtp_samples.hpp"

#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include "system/base/base64.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media::testing {

base::Bytes h264_sps() { return *base::from_base64("Z2QADay0FG2AiAAAAwAIAAADAZR4oVU="); }
base::Bytes h264_pps() { return *base::from_base64("aO88sA=="); }
base::Bytes h265_vps() { return *base::from_base64("QAEMAf//AWAAAAMAkAAAAwAAAwA8koCQ"); }
base::Bytes h265_sps() {
  return *base::from_base64("QgEBAWAAAAMAkAAAAwAAAwA8oBQgYWWSpJMrwFoCAAADAAIAAAMAMhA=");
}
base::Bytes h265_pps() { return *base::from_base64("RAHBcrRiQA=="); }

Track track_of(Codec codec) {
  Track track;
  track.codec = codec;
  if (codec == Codec::aac) {
    track.clock_rate = 16000;
    track.channels = 1;
    track.config = {0x14, 0x08};
  } else if (!is_video(codec)) {
    track.clock_rate = 8000;
    track.channels = 1;
    track.payload_type = codec == Codec::pcmu ? 0 : 8;
  } else if (codec == Codec::mjpeg) {
    track.payload_type = 26;
  }
  return track;
}

base::Bytes slice(Codec codec, bool key, bool first, std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  base::Bytes nal;
  if (codec == Codec::h265) {
    nal = {static_cast<std::uint8_t>((key ? 19 : 1) << 1), 1};
  } else {
    nal = {static_cast<std::uint8_t>(key ? 0x65 : 0x41)};
  }
  const std::size_t header = nal.size();
  while (nal.size() < std::max(size, header + 1)) nal.push_back(static_cast<std::uint8_t>(random() | 1));
  nal[header] = static_cast<std::uint8_t>(first ? nal[header] | 0x80 : nal[header] & 0x7f);
  return nal;
}

base::Bytes length_prefixed(const std::vector<base::Bytes>& nals) {
  base::Bytes payload;
  for (const base::Bytes& nal : nals) append_nal(payload, nal);
  return payload;
}

std::vector<base::Bytes> only(base::Bytes bytes) {
  std::vector<base::Bytes> list;
  list.push_back(std::move(bytes));
  return list;
}

base::Bytes picture(Codec codec, bool key, std::size_t size, unsigned seed) {
  std::vector<base::Bytes> nals;
  if (key && codec == Codec::h264) nals = {h264_sps(), h264_pps()};
  if (key && codec == Codec::h265) nals = {h265_vps(), h265_sps(), h265_pps()};
  nals.push_back(slice(codec, key, true, size, seed));
  return length_prefixed(nals);
}

base::Bytes packet(const RtpHeader& header, base::ByteView payload) {
  base::Bytes bytes(rtp_header_size);
  write_rtp_header(bytes.data(), header);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

std::vector<base::Bytes> packets_of(const RtpTrain& train) {
  std::vector<base::Bytes> packets;
  for (const std::uint32_t offset : train.packets) {
    const std::uint8_t* frame = train.block.data() + offset;
    packets.emplace_back(frame + 4, frame + 4 + base::load_be16(frame + 2));
  }
  return packets;
}

base::Bytes read_sample(const std::string& name) {
  std::ifstream file("system/media/testing/captures/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + name + ": tests run in the root of the tree");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<base::Bytes> read_capture(const std::string& name) {
  const base::Bytes bytes = read_sample(name);
  std::vector<base::Bytes> packets;
  for (std::size_t i = 0; i + 2 <= bytes.size();) {
    const std::size_t size = base::load_be16(&bytes[i]);
    packets.emplace_back(bytes.data() + i + 2, bytes.data() + i + 2 + size);
    i += 2 + size;
  }
  return packets;
}

base::UtcTime at(base::Duration since_start) {
  return base::UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)) + std::chrono::hours(12) +
         since_start;
}

Received::Received(const Track& track, RtpReceiverOptions options)
    : receiver(track, options, [this](AccessUnitPtr unit) { units.push_back(std::move(unit)); }) {}

void Received::push(const std::vector<base::Bytes>& packets, base::UtcTime when) {
  for (const base::Bytes& bytes : packets) receiver.push(bytes, when);
}

std::vector<base::Bytes> Received::payloads() const {
  std::vector<base::Bytes> payloads;
  for (const AccessUnitPtr& unit : units) payloads.push_back(unit->payload);
  return payloads;
}

}  // namespace watchrig::media::testing
