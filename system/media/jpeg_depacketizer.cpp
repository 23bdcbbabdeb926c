#include "system/media/jpeg_depacketizer.hpp"

namespace watchrig::media {

namespace {

constexpr std::uint8_t end_of_image[2] = {0xff, 0xd9};

std::uint16_t side(std::uint8_t eighths, std::uint16_t track_side) {
  if (eighths == 0 || (track_side + 7) / 8 == eighths) return track_side;
  return static_cast<std::uint16_t>(eighths * 8);
}

}  // namespace

void JpegDepacketizer::push(const RtpPacketView& packet, bool gap, base::UtcTime received) {
  if (gap && assembly_.open()) assembly_.unit().damaged = true;
  if (assembly_.open() && packet.header.timestamp != assembly_.unit().timestamp) {
    ++stats_.missing_markers;
    finish();
  }
  if (packet.payload.empty()) return;
  const bool first = !assembly_.open();
  if (first) assembly_.begin(packet.header.timestamp, received);
  assembly_.unit().received = received;

  Head head;
  if (!read_head(packet.payload, head)) {
    ++stats_.malformed;
    assembly_.unit().damaged = true;
  } else {
    if (first) {
      if (head.offset == 0) append_jpeg_header(head.picture, assembly_.payload());
      scan_begin_ = assembly_.payload().size();
    }
    if (head.offset != assembly_.payload().size() - scan_begin_) {
      assembly_.unit().damaged = true;
    } else {
      assembly_.append({}, head.rest);
    }
  }
  if (packet.header.marker) finish();
}

void JpegDepacketizer::flush() {
  if (!assembly_.open()) return;
  assembly_.unit().damaged = true;
  finish();
}

bool JpegDepacketizer::read_head(base::ByteView payload, Head& head) {
  if (payload.size() < 8) return false;
  head.offset = base::load_be32(payload.data()) & 0xffffff;
  const std::uint8_t type = payload[4];
  if ((type & 0x3f) > 1 || type > 127) return false;
  head.picture.subsampled_rows = (type & 0x3f) == 1;
  head.quality = payload[5];
  head.picture.width = side(payload[6], track_width_);
  head.picture.height = side(payload[7], track_height_);
  head.rest = payload.subspan(8);
  if (type >= 64) {
    if (head.rest.size() < 4) return false;
    head.picture.restart_interval = base::load_be16(head.rest.data());
    head.rest = head.rest.subspan(4);
  }
  if (head.offset != 0) return true;
  return head.picture.width != 0 && head.picture.height != 0 && read_tables(head);
}

bool JpegDepacketizer::read_tables(Head& head) {
  JpegPicture& picture = head.picture;
  if (head.quality == 0) return false;
  if (head.quality < 128) {
    const auto tables = jpeg_quality_tables(head.quality);
    picture.tables.assign(tables.begin(), tables.end());
    return true;
  }
  if (head.rest.size() < 4) return false;
  picture.wide_tables = head.rest[1] & 3;
  const std::size_t size = base::load_be16(&head.rest[2]);
  head.rest = head.rest.subspan(4);
  if (size == 0) {
    if (cached_.empty() || cached_quality_ != head.quality) return false;
    picture.tables = cached_;
    picture.wide_tables = cached_wide_;
    return true;
  }
  const std::size_t first = picture.wide_tables & 1 ? 128 : 64, second = picture.wide_tables & 2 ? 128 : 64;
  if (size > head.rest.size() || (size != first && size != first + second)) return false;
  picture.tables.assign(head.rest.begin(), head.rest.begin() + static_cast<std::ptrdiff_t>(size));
  if (size == first) {
    // One table for all components.
    picture.tables.reserve(2 * size);
    picture.tables.insert(picture.tables.end(), picture.tables.begin(),
                          picture.tables.begin() + static_cast<std::ptrdiff_t>(size));
    picture.wide_tables = picture.wide_tables & 1 ? 3 : 0;
  }
  head.rest = head.rest.subspan(size);
  cached_ = picture.tables;
  cached_quality_ = head.quality;
  cached_wide_ = picture.wide_tables;
  return true;
}

void JpegDepacketizer::finish() {
  AssembledUnit& unit = assembly_.unit();
  const base::Bytes& payload = unit.payload;
  if (payload.size() < scan_begin_ + 2) {
    unit.damaged = true;
  } else if (payload[payload.size() - 2] != end_of_image[0] || payload.back() != end_of_image[1]) {
    assembly_.append({}, end_of_image);
  }
  unit.key = true;
  assembly_.end();
}

}  // namespace watchrig::media
