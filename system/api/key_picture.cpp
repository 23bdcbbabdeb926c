#include "system/api/key_picture.hpp"

#include <boost/asio/this_coro.hpp>

#include "system/base/timer.hpp"
#include "system/media/av_decoder.hpp"
#include "system/media/picture.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using http::Response;

namespace {

constexpr auto patience = std::chrono::seconds(10);  // of real time
constexpr std::size_t queue_bytes = std::size_t{8} << 20;

/// A key picture with the track that it is of.
struct Still {
  media::AccessUnitPtr unit;
  media::Track track;
};

asio::awaitable<Result<Still>> next_still(std::shared_ptr<media::StreamHub> hub) {
  const auto executor = co_await asio::this_coro::executor;
  const auto reader = hub->read_units(executor, queue_bytes, base::Overflow::drop_to_restart);
  const base::Watchdog deadline(executor, patience, [reader] { reader->queue.close(); });
  for (auto unit = co_await reader->queue.pop(); unit; unit = co_await reader->queue.pop()) {
    const auto tracks = hub->tracks();
    const auto at = (*unit)->track;
    if (!(*unit)->key || at >= tracks.size() || !media::is_video(tracks[at].codec)) continue;
    Still still{*unit, tracks[at]};
    co_return still;
  }
  co_return Error{ErrorKind::unavailable, "the device delivers no picture now"};
}

Response to_jpeg(const Still& still) {
  if (still.track.codec == media::Codec::mjpeg) {
    Response response{200, "image/jpeg", {}, {}, {}};
    response.body.assign(still.unit->payload.begin(), still.unit->payload.end());
    return response;
  }
  auto decoder = media::VideoDecoder::open(still.track);
  if (!decoder) return http::error_response(decoder.error());
  auto pictures = decoder->decode(still.unit->payload);
  if (pictures && pictures->empty()) pictures = decoder->flush();
  if (!pictures) return http::error_response(pictures.error());
  if (pictures->empty())
    return http::error_response({ErrorKind::unavailable, "the picture cannot be decoded"});
  const auto jpeg = media::encode_still(pictures->front().picture, media::StillFormat::jpeg);
  if (!jpeg) return http::error_response(jpeg.error());
  Response response{200, "image/jpeg", {}, {}, {}};
  response.body.assign(jpeg->begin(), jpeg->end());
  return response;
}

}  // namespace

asio::awaitable<Response> key_picture(ServerParts& parts, std::shared_ptr<media::StreamHub> hub,
                                      std::string lane) {
  const auto still = co_await next_still(std::move(hub));
  if (!still) co_return http::error_response(still.error());
  WorkPool::Work work = [picture = *still] {
    auto response = to_jpeg(picture);
    response.headers.emplace_back(picture_time, base::format_utc(picture.unit->time, 3));
    return response;
  };
  co_return co_await parts.workers.run(std::move(lane), std::move(work));
}

}  // namespace watchrig::api
