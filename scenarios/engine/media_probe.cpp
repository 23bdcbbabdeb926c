#include <cmath>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "scenarios/engine/child_process.hpp"
#include "scenarios/engine/exported_media.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto probe_deadline = std::chrono::minutes(2);

std::string text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// ffprobe writes seconds as text.
double seconds(const json::object& object, std::string_view name) {
  return base::parse_number<double>(text(object, name)).value_or(std::nan(""));
}

int integer(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_int64() ? static_cast<int>(value->get_int64()) : 0;
}

void read_stream(const json::object& stream, ProbedMedia& media) {
  const auto type = text(stream, "codec_type");
  const double duration = seconds(stream, "duration");
  if (type == "video" && media.video_codec.empty()) {
    media.video_codec = text(stream, "codec_name");
    media.width = integer(stream, "width");
    media.height = integer(stream, "height");
    media.duration = std::isnan(duration) ? 0 : duration;
  } else if (type == "audio" && media.audio_codec.empty()) {
    media.audio_codec = text(stream, "codec_name");
    media.audio_duration = std::isnan(duration) ? 0 : duration;
  }
}

void read_frames(const json::array& frames, ProbedMedia& media) {
  double last = -std::numeric_limits<double>::infinity();
  for (const auto& entry : frames) {
    if (!entry.is_object() || text(entry.get_object(), "media_type") != "video") continue;
    ++media.pictures;
    const double time = seconds(entry.get_object(), "pts_time");
    if (!(time > last)) media.ascending = false;
    last = time;
  }
}

}  // namespace

base::Result<ProbedMedia> parse_probe(std::string_view text_of_ffprobe) {
  json::error_code error;
  const auto value = json::parse(text_of_ffprobe, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* streams = object ? object->if_contains("streams") : nullptr;
  if (!streams || !streams->is_array()) {
    return base::Error{base::ErrorKind::invalid, "ffprobe wrote no list of streams"};
  }
  ProbedMedia media;
  for (const auto& stream : streams->get_array()) {
    if (stream.is_object()) read_stream(stream.get_object(), media);
  }
  const auto* frames = object->if_contains("frames");
  if (frames && frames->is_array()) read_frames(frames->get_array(), media);
  return media;
}

base::Result<ProbedMedia> probe_media(const std::filesystem::path& file,
                                      const std::filesystem::path& report) {
  const std::filesystem::path log = report.string() + ".log";
  auto process = ChildProcess::start({
      .command = {"ffprobe", "-v", "error", "-show_entries",
                  "stream=codec_type,codec_name,width,height,duration:frame=media_type,pts_time", "-of",
                  "json", "-o", report.string(), file.string()},
      .error_log = log,
  });
  if (!process) return std::move(process).error();
  const auto exit = (*process)->wait(probe_deadline);
  if (!exit || !exit->clean()) {
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("ffprobe refuses {}: {}", file.filename().string(), tail_of_file(log, 3))};
  }
  std::ifstream in(report);
  auto media = parse_probe(std::string(std::istreambuf_iterator<char>(in), {}));
  if (media) media->complaints = tail_of_file(log, 5);
  return media;
}

}  // namespace watchrig::scenarios
