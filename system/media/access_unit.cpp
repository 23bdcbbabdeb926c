#include "system/media/access_unit.hpp"

#include <openssl/sha.h>

#include "system/base/text.hpp"

namespace watchrig::media {

std::string_view to_string(Codec codec) {
  switch (codec) {
    case Codec::h264:
      return "H.264";
    case Codec::h265:
      return "H.265";
    case Codec::mjpeg:
      return "MJPEG";
    case Codec::aac:
      return "AAC";
    case Codec::pcmu:
      return "PCMU";
    case Codec::pcma:
      return "PCMA";
  }
  return "unknown";
}

bool is_video(Codec codec) { return codec <= Codec::mjpeg; }

std::size_t queued_bytes(const AccessUnitPtr& unit) { return unit->payload.size(); }

bool is_restart_point(const AccessUnitPtr& unit) { return unit->key && is_video(unit->codec); }

std::string digest(base::ByteView payload) {
  std::uint8_t hash[SHA256_DIGEST_LENGTH];
  SHA256(payload.data(), payload.size(), hash);
  return base::to_hex(hash, sizeof hash);
}

}  // namespace watchrig::media
