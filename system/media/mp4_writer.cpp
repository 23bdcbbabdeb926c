#include "system/media/mp4_writer.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "system/media/g711_to_aac.hpp"
#include "system/media/mp4_output.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media {
namespace {

class FileSink final : public Mp4Sink {
 public:
  static base::Result<std::unique_ptr<FileSink>> create(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return base::os_error("create", path.string(), errno);
    return std::make_unique<FileSink>(file, path.string());
  }
  FileSink(int file, std::string name) : file_(file), name_(std::move(name)) {}
  ~FileSink() override { ::close(file_); }

  base::Result<void> write_at(std::uint64_t offset, base::ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return base::os_error("write", name_, errno);
      bytes = bytes.subspan(std::size_t(written));
      offset += std::uint64_t(written);
    }
    return {};
  }

 private:
  int file_;
  std::string name_;
};

}  // namespace

base::Result<void> Mp4MemorySink::write_at(std::uint64_t offset, base::ByteView more) {
  if (bytes.size() < offset + more.size()) bytes.resize(offset + more.size());
  std::memcpy(bytes.data() + offset, more.data(), more.size());
  return {};
}

struct Mp4Writer::State {
  /// A track of the presentation on its way into the file.
  struct Line {
    Track track;
    int output = -1;  ///< track number in the file; -1: not in the file
    std::optional<G711ToAac> to_aac;
    RisingTicks ticks;
    std::optional<std::int64_t> last_time;
    std::int64_t usual_duration = 0;

    std::int64_t rate() const {
      return is_video(track.codec) ? 90000 : to_aac ? to_aac->track().clock_rate : track.clock_rate;
    }
  };

  Options options;
  std::unique_ptr<FileSink> file;
  std::unique_ptr<Mp4Output> output;
  std::vector<Line> lines;
  bool begun = false;
  std::optional<base::Error> failed;
  Totals totals;

  base::Result<void> begin();
  base::Result<void> start_line(Line& line);
  base::Result<void> write_video(Line& line, const AccessUnit& unit);
  base::Result<void> write_audio(Line& line, const AccessUnit& unit);
  base::Result<void> put(Line& line, base::ByteView payload, std::int64_t time, bool key);
  base::Result<void> put_frames(Line& line, const std::vector<G711ToAac::Frame>& frames);
  bool has_video() const;
};

bool Mp4Writer::State::has_video() const {
  for (const Line& line : lines)
    if (is_video(line.track.codec)) return true;
  return false;
}

base::Result<void> Mp4Writer::State::start_line(Line& line) {
  const Codec codec = line.track.codec;
  // A video track whose first key picture has not come has no parameter sets to write; nor has AAC without
  // its config.
  const bool unknown = codec == Codec::aac || codec == Codec::h264 || codec == Codec::h265;
  if (unknown && line.track.config.empty()) return {};
  Track written = line.track;
  if (codec == Codec::pcmu || codec == Codec::pcma) {
    auto opened = G711ToAac::open(line.track);
    if (!opened) return opened.error();
    written = opened->track();
    line.to_aac.emplace(std::move(*opened));
  }
  if (auto added = output->add_track(written); !added) return added.error();
  line.output = 0;
  for (const Line& other : lines)
    if (&other != &line && other.output >= 0) line.output = std::max(line.output, other.output + 1);
  return {};
}

base::Result<void> Mp4Writer::State::begin() {
  begun = true;
  for (Line& line : lines)
    if (auto started = start_line(line); !started) return started.error();
  return output->begin(
      {{"movie_timescale", "90000"}, {"video_track_timescale", "90000"}, {"use_editlist", "1"}});
}

base::Result<void> Mp4Writer::State::write_video(Line& line, const AccessUnit& unit) {
  if (!begun) {
    // Nothing can be decoded before the first key picture; a JPEG before the cut decodes nothing but itself.
    if (!unit.key || unit.time >= options.to || (unit.codec == Codec::mjpeg && unit.time < options.from)) {
      ++totals.skipped;
      return {};
    }
    if (auto known = complete_track(line.track, unit.payload); !known) return known;
    if (auto done = begin(); !done) return done;
  }
  const bool wanted = line.output >= 0 && unit.time < options.to;
  const auto time = wanted ? line.ticks.next(unit.time - options.from, line.rate()) : std::nullopt;
  if (!time) {
    ++totals.skipped;
    return {};
  }
  ++(*time < 0 ? totals.hidden : totals.shown);
  return put(line, unit.payload, *time, unit.key);
}

base::Result<void> Mp4Writer::State::write_audio(Line& line, const AccessUnit& unit) {
  if (!begun && !has_video())
    if (auto done = begin(); !done) return done;
  if (!begun || line.output < 0 || unit.time < options.from || unit.time >= options.to ||
      unit.payload.empty()) {
    ++totals.skipped;
    return {};
  }
  if (!line.to_aac) {
    const auto time = line.ticks.next(unit.time - options.from, line.rate());
    if (time) return put(line, unit.payload, *time, true);
    ++totals.skipped;
    return {};
  }
  auto frames = line.to_aac->push(unit.payload, media_ticks(unit.time - options.from, line.rate()));
  if (!frames) return frames.error();
  return put_frames(line, *frames);
}

base::Result<void> Mp4Writer::State::put_frames(Line& line, const std::vector<G711ToAac::Frame>& frames) {
  const std::int64_t end = media_ticks(options.to - options.from, line.rate());
  for (const auto& frame : frames)
    if (frame.sample < end)
      if (auto done = put(line, frame.payload, frame.sample, true); !done) return done;
  return {};
}

base::Result<void> Mp4Writer::State::put(Line& line, base::ByteView payload, std::int64_t time, bool key) {
  // The muxer takes the duration from the next sample; only the last one keeps this: as long as the one
  // before, but not beyond the cut.
  if (line.last_time)
    line.usual_duration = usual_duration(line.usual_duration, time - *line.last_time, line.rate());
  line.last_time = time;
  const std::int64_t left = media_ticks(options.to - options.from, line.rate()) - time;
  const std::int64_t usual = line.usual_duration > 0 ? line.usual_duration : line.rate() / 25;
  return output->write(line.output, payload, time, std::max<std::int64_t>(1, std::min(left, usual)), key);
}

Mp4Writer::Mp4Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mp4Writer::Mp4Writer(Mp4Writer&&) noexcept = default;
Mp4Writer& Mp4Writer::operator=(Mp4Writer&&) noexcept = default;
Mp4Writer::~Mp4Writer() = default;

base::Result<Mp4Writer> Mp4Writer::create(const std::filesystem::path& path, Options options) {
  auto file = FileSink::create(path);
  if (!file) return file.error();
  auto writer = create(**file, std::move(options));
  if (writer) writer->state_->file = std::move(*file);
  return writer;
}

base::Result<Mp4Writer> Mp4Writer::create(Mp4Sink& sink, Options options) {
  if (options.from >= options.to)
    return base::Error{base::ErrorKind::invalid,
                       "an MP4 ends after it begins: `to` must be later than `from`"};
  auto state = std::make_unique<State>();
  for (const Track& track : options.tracks) state->lines.emplace_back().track = track;
  state->options = std::move(options);
  state->output = std::make_unique<Mp4Output>(
      [&sink](std::uint64_t offset, base::ByteView bytes) { return sink.write_at(offset, bytes); });
  return Mp4Writer(std::move(state));
}

base::Result<void> Mp4Writer::write(const AccessUnit& unit) {
  State& s = *state_;
  if (s.failed) return *s.failed;
  if (unit.track >= s.lines.size() || s.lines[unit.track].track.codec != unit.codec) {
    ++s.totals.skipped;
    return {};
  }
  State::Line& line = s.lines[unit.track];
  auto written = is_video(unit.codec) ? s.write_video(line, unit) : s.write_audio(line, unit);
  if (!written) s.failed = written.error();
  return written;
}

base::Result<Mp4Writer::Totals> Mp4Writer::finish() {
  State& s = *state_;
  if (s.failed) return *s.failed;
  if (!s.begun || (s.has_video() && s.totals.shown == 0))
    return base::Error{base::ErrorKind::not_found,
                       fmt::format("nothing to export between {} and {}", base::format_utc(s.options.from),
                                   base::format_utc(s.options.to))};
  for (State::Line& line : s.lines) {
    if (!line.to_aac || line.output < 0) continue;
    auto frames = line.to_aac->finish();
    if (!frames) return frames.error();
    if (auto done = s.put_frames(line, *frames); !done) return done.error();
  }
  if (auto done = s.output->end(); !done) return done.error();
  return s.totals;
}

}  // namespace watchrig::media
