#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/media/jpeg_format.hpp"
#include "system/media/parameter_sets.hpp"
#include "system/media/sdp.hpp"

// A description that was understood can be written and understood again, with the same tracks. The same bytes
// are given to the readers of parameter sets and of JPEG files, which get their input from outside too.

namespace {

using namespace watchrig;
using namespace watchrig::media;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::ByteView bytes(data, size);
  (void)parse_sps(Codec::h264, bytes);
  (void)parse_sps(Codec::h265, bytes);
  const base::Bytes nals = annexb_to_length_prefixed(bytes);
  NalReader reader(nals);
  while (reader.next()) continue;
  require(reader.whole());
  if (const auto canonical = canonical_jpeg(bytes)) require(canonical_jpeg(*canonical).value() == *canonical);

  const auto description = parse_sdp({reinterpret_cast<const char*>(data), size});
  if (description.has_error()) return 0;
  for (const SdpMedia& media : description->media) (void)codec_string(media.track);
  const Presentation tracks = presentation(*description);
  if (tracks.empty()) return 0;
  const auto again = parse_sdp(write_sdp(tracks));
  require(again.has_value() && again->media.size() == tracks.size());
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    require(again->media[i].track.codec == tracks[i].codec);
    require(again->media[i].track.config == tracks[i].config);
  }
  return 0;
}
