#include "system/api/recorded_picture.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "system/api/key_picture.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/media/av_decoder.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::ErrorKind;
using base::Result;
using http::Request;
using http::Response;

namespace {

constexpr base::Duration behind = std::chrono::seconds(1);  ///< where nothing is recorded at that moment
constexpr auto earliest = base::UtcTime(std::chrono::sys_days(std::chrono::year(1970) / 1 / 1));
constexpr auto latest = base::UtcTime(std::chrono::sys_days(std::chrono::year(2200) / 1 / 1));
constexpr std::int64_t least_width = 16, most_width = 7680;
constexpr std::size_t most_decoded = 1500;  ///< a minute at 25 pictures a second

struct Wanted {
  std::string channel;
  std::string stream;
  base::UtcTime at;
  bool key = false;                   ///< the key picture before it is enough
  std::optional<std::int64_t> width;  ///< at most so wide
};

base::UtcTime time_of(std::int64_t tag) { return base::UtcTime(base::Duration(tag)); }

/// The pictures from a key picture on, of which the last one at or before a moment is wanted, else the first.
class Pick {
 public:
  explicit Pick(base::UtcTime at) : at_(at) {}

  Result<> decode(const storage::RecordedUnit& recorded) {
    if (!decoder_) {
      auto opened = media::VideoDecoder::open(recorded.presentation->at(recorded.unit->track));
      if (!opened) return opened.error();
      decoder_.emplace(*std::move(opened));
    }
    auto pictures = decoder_->decode(recorded.unit->payload, recorded.unit->time.time_since_epoch().count());
    // What is damaged is left out; another picture may be whole.
    if (pictures) take(*std::move(pictures));
    return {};
  }
  /// What comes next does not need what came before.
  void begin_anew() {
    if (!decoder_) return;
    if (auto rest = decoder_->flush()) take(*std::move(rest));
    decoder_.reset();
  }
  std::optional<media::DecodedPicture> finish() {
    begin_anew();
    return std::move(best_);
  }

 private:
  void take(std::vector<media::DecodedPicture> pictures) {
    for (auto& picture : pictures) {
      if (!best_ || (time_of(picture.tag) <= at_ && picture.tag > best_->tag)) best_ = std::move(picture);
    }
  }

  const base::UtcTime at_;
  std::optional<media::VideoDecoder> decoder_;
  std::optional<media::DecodedPicture> best_;
};

bool is_picture(const storage::RecordedUnit& recorded) {
  return recorded.unit->track < recorded.presentation->size() &&
         media::is_video(recorded.presentation->at(recorded.unit->track).codec);
}

central::FieldResult<media::DecodedPicture> find_picture(storage::RecordingReader& reader,
                                                         const Wanted& wanted) {
  Pick pick(wanted.at);
  std::size_t decoded = 0;
  for (auto recorded = reader.next(); recorded; recorded = reader.next()) {
    if (!is_picture(*recorded)) continue;
    const bool begins = recorded->unit->key;
    if (decoded == 0 && !begins) continue;
    if (decoded > 0 && (recorded->unit->time > wanted.at || wanted.key)) break;
    if (decoded > 0 && (begins || recorded->discontinuity)) pick.begin_anew();
    if (++decoded > most_decoded) {
      return central::FieldError{
          "at",
          {ErrorKind::invalid,
           fmt::format("the key picture before is more than {} pictures away: ask for it with key=true",
                       most_decoded)}};
    }
    if (auto done = pick.decode(*recorded); !done) return central::FieldError{{}, done.error()};
  }
  auto found = pick.finish();
  if (!found)
    return central::FieldError{{}, {ErrorKind::unavailable, "what is recorded there cannot be decoded"}};
  return *std::move(found);
}

Result<Response> to_jpeg(media::DecodedPicture found, std::optional<std::int64_t> width) {
  media::Picture picture = std::move(found.picture);
  if (width && *width < picture.width) {
    const int height = std::max(static_cast<int>(*width * picture.height / picture.width) & ~1, 2);
    auto scaled = media::scale(picture, static_cast<int>(*width) & ~1, height);
    if (!scaled) return scaled.error();
    picture = *std::move(scaled);
  }
  const auto jpeg = media::encode_still(picture, media::StillFormat::jpeg);
  if (!jpeg) return jpeg.error();
  Response response{200, "image/jpeg", {}, {}, {}};
  response.body.assign(jpeg->begin(), jpeg->end());
  response.headers.emplace_back(picture_time, base::format_utc(time_of(found.tag), 3));
  return response;
}

/// On a thread that may wait for disks: pictures do not pass the bus.
Response take_picture(const storage::Storage& storage, const Wanted& wanted) {
  auto reader = storage.read(wanted.channel, wanted.stream, wanted.at, wanted.at + behind);
  if (!reader) return http::error_response(reader.error());
  auto found = find_picture(*reader, wanted);
  if (!found) return error_response(found.error());
  auto response = to_jpeg(*std::move(found), wanted.width);
  return response ? *std::move(response) : http::error_response(response.error());
}

central::FieldResult<Wanted> wanted_by(const Request& request) {
  const auto refuse = [](const char* field, std::string message) {
    return central::FieldError{field, {ErrorKind::invalid, std::move(message)}};
  };
  const auto time = base::parse_utc(request.query_value("at").value_or(""));
  if (!time) return refuse("at", "at must be a time in UTC, such as 2026-03-29T01:00:00Z");
  if (*time < earliest || *time > latest) return refuse("at", "at must be from 1970 to 2200");
  const auto key = request.query_value("key").value_or("false");
  if (key != "true" && key != "false") return refuse("key", "key must be true or false");
  Wanted wanted{request.param("channel"), request.query_value("stream").value_or("main"), *time,
                key == "true", std::nullopt};
  if (!request.query_value("width")) return wanted;
  const auto width = number_of(request, "width", most_width, least_width, most_width);
  if (!width) return width.error();
  wanted.width = *width;
  return wanted;
}

asio::awaitable<Response> show_picture(ServerParts& parts, std::shared_ptr<QuestionShare> share,
                                       Request request) {
  const auto wanted = wanted_by(request);
  if (!wanted) co_return error_response(wanted.error());
  {
    const auto taken = share->take(request.account);
    if (!taken) co_return QuestionShare::busy();
    platform::NvrDownloadRecord record{wanted->channel, wanted->stream, wanted->at, wanted->at + behind};
    const auto there = co_await parts.storage_queries.download(std::move(record), trace_name(request));
    if (!there) co_return http::error_response(there.error());
  }
  WorkPool::Work work = [&storage = parts.storage, wanted = *wanted] {
    return take_picture(storage, wanted);
  };
  co_return co_await parts.workers.run(request.account, std::move(work));
}

}  // namespace

void add_recorded_pictures(http::Router& router, ServerParts& parts,
                           const std::shared_ptr<QuestionShare>& share) {
  router
      .add("GET", "/api/v1/channels/{channel}/picture.jpg", {"playback"},
           "The recorded picture that is seen at a moment, as JPEG; or the first within a second behind it",
           [&parts, share](Request request) { return show_picture(parts, share, std::move(request)); })
      .query = {{"at", "UTC"},
                {"key", "true: the key picture before it, which takes less", "boolean"},
                {"width", "16 to 7680: made smaller when it is wider", "integer"},
                {"stream", "main, sub or sub2; main without it"}};
}

}  // namespace watchrig::api
