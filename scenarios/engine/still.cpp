#include "scenarios/engine/still.hpp"

#include <optional>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/media/av_decoder.hpp"
#include "system/media/rtsp_client.hpp"

namespace watchrig::scenarios {

namespace {

namespace asio = boost::asio;

constexpr int max_width = 1280;

using Found = base::Result<media::Picture>;

asio::awaitable<void> fetch(media::RtspClient& client, Found& found, asio::io_context& context) {
  const auto presentation = co_await client.start();
  if (!presentation) {
    found = presentation.error();
    context.stop();
    co_return;
  }
  std::optional<media::VideoDecoder> decoder;
  for (;;) {
    const auto unit = co_await client.next();
    if (!unit) {
      found = unit.error();
      break;
    }
    if (!media::is_video((*unit)->codec)) continue;
    if (!decoder) {
      auto opened = media::VideoDecoder::open(presentation->at((*unit)->track));
      if (!opened) {
        found = opened.error();
        break;
      }
      decoder.emplace(*std::move(opened));
    }
    auto pictures = decoder->decode((*unit)->payload);
    if (!pictures || pictures->empty()) continue;
    found = std::move(pictures->front().picture);
    break;
  }
  context.stop();
}

base::Result<base::Bytes> encode(const media::Picture& picture) {
  if (picture.width <= max_width) return media::encode_still(picture, media::StillFormat::jpeg);
  const int height = picture.height * max_width / picture.width & ~1;
  const auto smaller = media::scale(picture, max_width, height);
  if (!smaller) return smaller.error();
  return media::encode_still(*smaller, media::StillFormat::jpeg);
}

}  // namespace

base::Result<base::Bytes> take_still(const std::string& url, const base::Clock& clock,
                                     base::Duration deadline) {
  Found found = base::Error{base::ErrorKind::timeout,
                            fmt::format("{}: no picture within {}", url, base::format_duration(deadline))};
  asio::io_context context(1);
  media::RtspClient::Options options;
  options.url = url;
  options.audio = false;
  options.user_agent = "watchrig still";
  {
    media::RtspClient client(context.get_executor(), clock, std::move(options));
    base::spawn(context.get_executor(), fetch(client, found, context), "still");
    context.run_for(std::chrono::duration_cast<std::chrono::nanoseconds>(deadline));
    client.cancel();
    // The coroutine refers to the client, so it ends before that does.
    context.restart();
    context.run_for(std::chrono::seconds(1));
  }
  if (!found) return found.error();
  return encode(*found);
}

}  // namespace watchrig::scenarios
