#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "scenarios/engine/view.hpp"
#include "simulators/scene/stamp_strip.hpp"
#include "system/base/spawn.hpp"
#include "system/media/av_decoder.hpp"
#include "system/media/rtsp_client.hpp"
#include "system/media/rtsp_tls.hpp"

namespace watchrig::scenarios {

namespace {

namespace asio = boost::asio;

constexpr std::size_t max_digests = 50'000;
constexpr std::size_t max_arrivals = 500'000;

media::RtspClient::Options client_options(const ViewOptions& options) {
  media::RtspClient::Options client;
  client.url = options.url;
  client.transport = options.udp ? media::RtspClient::Transport::udp : media::RtspClient::Transport::tcp;
  client.user_agent = "watchrig view";
  if (const auto trusted = media::trust_certificates(options.trusted))
    client.trust = [context = *trusted] { return context; };
  return client;
}

struct Latency {
  base::UtcTime time;
  double seconds;
};

class RtspView final : public View {
 public:
  RtspView(const ViewOptions& options, const base::Clock& clock, Halt& halt)
      : options_(options), clock_(clock), halt_(halt), opened_(clock.now()) {
    client_.emplace(context_.get_executor(), clock, client_options(options));
    base::spawn(context_.get_executor(), watch(*this), "view");
    thread_ = std::jthread([this] { context_.run(); });
  }

  ~RtspView() override {
    asio::post(context_, [this] { client_->cancel(); });
    thread_.join();
    client_.reset();
  }

  Progress progress() const override {
    const std::lock_guard lock(mutex_);
    return progress_;
  }

  std::optional<base::Duration> longest_gap(base::UtcTime from, base::UtcTime to) const override {
    const std::lock_guard lock(mutex_);
    auto last = std::max(from, opened_);
    base::Duration longest{};
    for (const auto arrival : arrivals_) {
      if (arrival < from) continue;
      if (arrival >= to) break;
      longest = std::max<base::Duration>(longest, arrival - last);
      last = arrival;
    }
    return std::max<base::Duration>(longest, to - last);
  }

  std::vector<std::string> digests() const override {
    const std::lock_guard lock(mutex_);
    return digests_;
  }

  std::vector<double> latencies(base::UtcTime from, base::UtcTime to) const override {
    const std::lock_guard lock(mutex_);
    std::vector<double> seconds;
    for (const auto& latency : latencies_) {
      if (latency.time >= from && latency.time < to) seconds.push_back(latency.seconds);
    }
    return seconds;
  }

 private:
  static asio::awaitable<void> watch(RtspView& self) {
    const auto presentation = co_await self.client_->start();
    if (!presentation) {
      self.end(presentation.error().message);
      co_return;
    }
    std::optional<media::VideoDecoder> decoder;
    for (;;) {
      const auto unit = co_await self.client_->next();
      if (!unit) {
        self.end(unit.error().message);
        co_return;
      }
      if (!media::is_video((*unit)->codec)) continue;
      if (self.options_.decode) self.read_stamp(decoder, presentation->at((*unit)->track), **unit);
      self.take(**unit);
    }
  }

  void take(const media::AccessUnit& unit) {
    auto digest = media::digest(unit.payload);
    {
      const std::lock_guard lock(mutex_);
      ++progress_.pictures;
      if (arrivals_.size() < max_arrivals) arrivals_.push_back(clock_.now());
      if (digests_.size() < max_digests) digests_.push_back(std::move(digest));
    }
    halt_.notify();
  }

  void read_stamp(std::optional<media::VideoDecoder>& decoder, const media::Track& track,
                  const media::AccessUnit& unit) {
    if (!decoder) {
      auto opened = media::VideoDecoder::open(track);
      if (!opened) return;
      decoder.emplace(*std::move(opened));
    }
    const auto pictures = decoder->decode(unit.payload);
    if (!pictures) return;
    for (const auto& decoded : *pictures) {
      const auto now = clock_.now();
      const auto stamp = scene::read_stamp(decoded.picture);
      if (!stamp) continue;
      const std::lock_guard lock(mutex_);
      if (latencies_.size() >= max_arrivals) return;
      latencies_.push_back({now, std::chrono::duration<double>(now - stamp->time).count()});
    }
  }

  void end(const std::string& why) {
    {
      const std::lock_guard lock(mutex_);
      progress_.problem = why;
    }
    halt_.notify();
  }

  const ViewOptions options_;
  const base::Clock& clock_;
  Halt& halt_;
  const base::UtcTime opened_;
  asio::io_context context_{1};
  std::optional<media::RtspClient> client_;
  mutable std::mutex mutex_;
  Progress progress_;
  std::vector<base::UtcTime> arrivals_;
  std::vector<std::string> digests_;
  std::vector<Latency> latencies_;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<View> open_view(const ViewOptions& options, const base::Clock& clock, Halt& halt) {
  return std::make_unique<RtspView>(options, clock, halt);
}

}  // namespace watchrig::scenarios
