#include "system/media/fmp4_muxer.hpp"

#include <cstring>
#include <optional>

#include "system/media/g711_to_aac.hpp"
#include "system/media/mp4_output.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media {
namespace {

constexpr std::uint32_t fourcc(const char (&name)[5]) {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) code = code << 8 | static_cast<std::uint8_t>(name[i]);
  return code;
}

struct Line {
  int source = -1;  ///< track of the presentation
  int output = 0;
  Track track;  ///< as it is in the output
  std::optional<G711ToAac> to_aac;
  RisingTicks ticks;
  std::optional<std::int64_t> last_time;
  std::int64_t usual_duration = 0;
  std::int64_t rate() const { return is_video(track.codec) ? 90000 : track.clock_rate; }
};

}  // namespace

struct Fmp4Muxer::State {
  std::optional<Line> video;
  std::optional<Line> audio;
  std::string mime;
  base::Bytes init_segment;
  std::optional<base::UtcTime> start;
  std::uint32_t fragments = 0;

  base::Result<void> add(Mp4Output& output, Line& line);
  base::Result<void> begin();
  void append_fragment(base::Bytes& to, Line& line, base::ByteView payload, std::int64_t time, bool key);
};

base::Result<void> Fmp4Muxer::State::add(Mp4Output& output, Line& line) {
  const auto codec = codec_string(line.track);
  if (!codec) return codec.error();
  mime += (mime.empty() ? "video/mp4; codecs=\"" : ",") + *codec;
  return output.add_track(line.track);
}

base::Result<void> Fmp4Muxer::State::begin() {
  Mp4Output output([this](std::uint64_t, base::ByteView bytes) -> base::Result<void> {
    init_segment.insert(init_segment.end(), bytes.begin(), bytes.end());
    return {};
  });
  if (video)
    if (auto added = add(output, *video); !added) return added;
  if (audio) {
    audio->output = video ? 1 : 0;
    if (auto added = add(output, *audio); !added) return added;
  }
  mime += '"';
  return output.begin({{"movflags", "frag_custom+empty_moov+default_base_moof"},
                       {"movie_timescale", "90000"},
                       {"video_track_timescale", "90000"},
                       {"use_editlist", "0"}});
}

void Fmp4Muxer::State::append_fragment(base::Bytes& to, Line& line, base::ByteView payload, std::int64_t time,
                                       bool key) {
  if (line.last_time)
    line.usual_duration = usual_duration(line.usual_duration, time - *line.last_time, line.rate());
  line.last_time = time;
  const std::int64_t duration = line.usual_duration > 0 ? line.usual_duration : line.rate() / 25;
  constexpr std::uint32_t sync_sample = 0x02000000;  // depends on no other
  constexpr std::uint32_t other_sample = 0x01010000;
  constexpr std::uint32_t moof_size = 100;
  const auto track = static_cast<std::uint32_t>(line.output + 1);
  const auto base_time = static_cast<std::uint64_t>(time);
  const auto payload_size = static_cast<std::uint32_t>(payload.size());
  // clang-format off
  const std::uint32_t words[] = {
      moof_size, fourcc("moof"),
      16, fourcc("mfhd"), 0, ++fragments,
      76, fourcc("traf"),
      16, fourcc("tfhd"), 0x020000 /* default-base-is-moof */, track,
      20, fourcc("tfdt"), 0x01000000, std::uint32_t(base_time >> 32), std::uint32_t(base_time),
      32, fourcc("trun"), 0x000701 /* offset; duration, size, flags */, 1, moof_size + 8,
          static_cast<std::uint32_t>(duration), payload_size, key ? sync_sample : other_sample,
      payload_size + 8, fourcc("mdat"),
  };
  // clang-format on
  static_assert(sizeof words == moof_size + 8);
  std::size_t at = to.size();
  to.resize(at + sizeof words + payload.size());
  for (const std::uint32_t word : words) {
    base::store_be32(to.data() + at, word);
    at += 4;
  }
  std::memcpy(to.data() + at, payload.data(), payload.size());
}

Fmp4Muxer::Fmp4Muxer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Fmp4Muxer::Fmp4Muxer(Fmp4Muxer&&) noexcept = default;
Fmp4Muxer& Fmp4Muxer::operator=(Fmp4Muxer&&) noexcept = default;
Fmp4Muxer::~Fmp4Muxer() = default;
const std::string& Fmp4Muxer::mime() const { return state_->mime; }
const base::Bytes& Fmp4Muxer::init_segment() const { return state_->init_segment; }

base::Result<Fmp4Muxer> Fmp4Muxer::open(const Presentation& tracks, base::ByteView first_key) {
  auto state = std::make_unique<State>();
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    std::optional<Line>& line = is_video(tracks[i].codec) ? state->video : state->audio;
    if (line) continue;
    line.emplace();
    line->source = static_cast<int>(i);
    line->track = tracks[i];
  }
  if (state->video) {
    if (state->video->track.codec == Codec::mjpeg)
      return base::Error{base::ErrorKind::unsupported,
                         "no browser plays MJPEG in MP4; choose a stream of H.264 or show it as stills"};
    if (auto known = complete_track(state->video->track, first_key); !known) return known.error();
  }
  if (state->audio && state->audio->track.codec != Codec::aac) {
    auto opened = G711ToAac::open(state->audio->track);
    if (!opened) return opened.error();
    state->audio->track = opened->track();
    state->audio->to_aac.emplace(std::move(*opened));
  }
  // AAC without its AudioSpecificConfig cannot be described; the pictures can.
  if (state->audio && state->audio->track.config.empty()) state->audio.reset();
  if (!state->video && !state->audio)
    return base::Error{base::ErrorKind::invalid, "the stream has neither video nor sound that MP4 can carry"};
  if (auto begun = state->begin(); !begun) return begun.error();
  return Fmp4Muxer(std::move(state));
}

base::Result<base::Bytes> Fmp4Muxer::fragment(const AccessUnit& unit) {
  State& s = *state_;
  base::Bytes bytes;
  std::optional<Line>& line = is_video(unit.codec) ? s.video : s.audio;
  if (!line || line->source != unit.track || unit.payload.empty()) return bytes;
  if (!s.start) {
    if (s.video && !(is_video(unit.codec) && unit.key)) return bytes;
    s.start = unit.time;
  }
  if (unit.time < *s.start) return bytes;
  if (!line->to_aac) {
    if (const auto time = line->ticks.next(unit.time - *s.start, line->rate()))
      s.append_fragment(bytes, *line, unit.payload, *time, unit.key);
    return bytes;
  }
  auto frames = line->to_aac->push(unit.payload, media_ticks(unit.time - *s.start, line->rate()));
  if (!frames) return frames.error();
  for (const auto& frame : *frames)
    if (frame.sample >= 0)  // what comes before is the encoder's lead-in
      s.append_fragment(bytes, *line, frame.payload, frame.sample, true);
  return bytes;
}

}  // namespace watchrig::media
