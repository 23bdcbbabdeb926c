#include "system/media/rtsp_delivery.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::size_t frame_header = 4;
constexpr std::size_t most_trains = 32;                    // in one write
constexpr std::size_t most_harmed = std::size_t{4} << 20;  // bytes a filter may have waiting
constexpr std::size_t udp_burst = 64;                      // packets sent without a pause
constexpr auto udp_pause = std::chrono::milliseconds(1);   // 64 packets a millisecond are 700 Mb/s
constexpr auto goodbye_pause = std::chrono::milliseconds(200);
constexpr auto shortest_report_interval = std::chrono::milliseconds(200);

base::ByteView packet_of(const RtpTrain& train, std::size_t index) {
  const std::size_t begin = train.packets[index] + frame_header;
  const std::size_t end = index + 1 < train.packets.size() ? train.packets[index + 1] : train.block.size();
  return base::ByteView(train.block).subspan(begin, end - begin);
}

void write_frame_header(std::uint8_t* at, std::uint8_t channel, std::size_t size) {
  at[0] = '$';
  at[1] = channel;
  base::store_be16(at + 2, static_cast<std::uint16_t>(size));
}

iovec piece_of(base::ByteView bytes) { return {const_cast<std::uint8_t*>(bytes.data()), bytes.size()}; }

}  // namespace

/// What goes out in one write: pieces, and who owns their bytes until then.
struct RtspDelivery::Batch {
  std::vector<RtpTrainPtr> trains;
  std::vector<RtpTrainPtr> sent;  ///< of these, in pieces
  std::vector<base::Bytes> own;   ///< reports, and blocks with other channel numbers
  std::vector<iovec> pieces;

  void add(base::Bytes bytes) {
    own.push_back(std::move(bytes));
    pieces.push_back(piece_of(own.back()));
  }
};

RtspDelivery::RtspDelivery(std::shared_ptr<RtspServerContext> context, std::shared_ptr<RtspSocket> socket,
                           std::vector<std::shared_ptr<RtspLane>> lanes, std::unique_ptr<RtspFeed> feed,
                           std::shared_ptr<PacketFilter> filter, Ended ended)
    : context_(std::move(context)),
      socket_(std::move(socket)),
      lanes_(std::move(lanes)),
      feed_(std::move(feed)),
      filter_(std::move(filter)),
      ended_(std::move(ended)) {
  ++context_->counters.playing;
  // On an accelerated clock, reports every few model seconds would outnumber the media.
  const auto shortest =
      std::chrono::duration<double, std::nano>(shortest_report_interval) * context_->clock.settings().scale;
  report_interval_ = std::max(context_->options.report_interval,
                              base::Duration(static_cast<std::int64_t>(shortest.count())));
}

void RtspDelivery::start(const std::string& name) {
  base::spawn(socket_->executor(), run(shared_from_this()), name);
}

void RtspDelivery::stop() {
  if (stopped_) return;
  stopped_ = true;
  --context_->counters.playing;
  feed_->close();
}

asio::awaitable<void> RtspDelivery::run(std::shared_ptr<RtspDelivery> self) {
  Batch batch;
  Result<> result;
  while (!self->stopped_) {
    auto train = co_await self->feed_->next();
    if (!train || self->stopped_) break;
    batch.trains.clear();
    while (train) {
      batch.trains.push_back(std::move(*train));
      if (batch.trains.size() == most_trains) break;
      train = self->feed_->try_next();
    }
    result = co_await self->send(batch);
    if (!result) break;
  }
  if (!result && result.error().kind == ErrorKind::timeout) {
    // Counted here, because the socket's end may have stopped the session already.
    ++self->context_->counters.slow_readers;
    base::log_warning("RTSP reader too slow: {}, closed", result.error().message);
  }
  if (self->stopped_) co_return;
  if (result) co_await self->say_goodbye();
  if (self->stopped_) co_return;
  End end{{ErrorKind::unavailable, "the stream has ended"}};
  if (result) {
    end.session_stays = self->feed_->session_stays();
  } else {
    end.reason = result.error();
  }
  self->stop();
  self->ended_(end);
}

asio::awaitable<Result<>> RtspDelivery::send(Batch& batch) {
  for (const auto& train : batch.trains) {
    RtspLane* lane = lane_of(*train);
    if (!lane || context_->stalled.load(std::memory_order_relaxed)) continue;
    Result<> result;
    if (lane->transport().tcp) {
      result = co_await send_tcp(batch, *lane, train);
    } else {
      result = co_await send_udp(*lane, *train);
      if (result) feed_->sent(*train);
    }
    if (!result || stopped_) co_return result;
  }
  co_return co_await flush(batch);
}

RtspLane* RtspDelivery::lane_of(const RtpTrain& train) {
  return train.track < lanes_.size() && !train.packets.empty() ? lanes_[train.track].get() : nullptr;
}

asio::awaitable<Result<>> RtspDelivery::send_tcp(Batch& batch, RtspLane& lane, const RtpTrainPtr& train) {
  if (auto report = report_if_due(lane, *train); !report.empty()) {
    write_frame_header(report.data(), lane.transport().interleaved->second, report.size() - frame_header);
    batch.add(std::move(report));
  }
  if (filter_ && !filter_->idle()) {
    auto flushed = co_await flush(batch);
    if (!flushed || stopped_) co_return flushed;
    harm(lane, *train);
    feed_->sent(*train);
    co_return co_await flush_harmed();
  }
  count(lane, *train);
  if (!harmed_.empty()) {
    auto flushed = co_await flush_harmed();
    if (!flushed) co_return flushed;
  }
  if (lane.other_channel()) {
    base::Bytes copy = train->block;
    for (const auto packet : train->packets) copy[packet + 1] = lane.transport().interleaved->first;
    batch.add(std::move(copy));
  } else {
    batch.pieces.push_back(piece_of(train->block));
  }
  batch.sent.push_back(train);
  co_return Result<>{};
}

asio::awaitable<Result<>> RtspDelivery::flush(Batch& batch) {
  Result<> result;
  if (!batch.pieces.empty()) result = co_await socket_->write(batch.pieces);
  if (result) {
    for (const auto& train : batch.sent) feed_->sent(*train);
  }
  batch.sent.clear();
  batch.own.clear();
  batch.pieces.clear();
  co_return result;
}

asio::awaitable<Result<>> RtspDelivery::send_udp(RtspLane& lane, const RtpTrain& train) {
  UdpPortPair& udp = *lane.udp();
  boost::system::error_code error;
  if (const auto report = report_if_due(lane, train); !report.empty()) {
    udp.rtcp.send(asio::buffer(report.data() + frame_header, report.size() - frame_header), 0, error);
  }
  if (filter_ && !filter_->idle()) {
    harm(lane, train);
    co_return Result<>{};
  }
  count(lane, train);
  for (std::size_t i = 0; i < train.packets.size() && !stopped_; ++i) {
    if (i > 0 && i % udp_burst == 0) {
      asio::steady_timer pause(udp.rtp.get_executor(), udp_pause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
    const auto packet = packet_of(train, i);
    udp.rtp.send(asio::buffer(packet.data(), packet.size()), 0, error);
    if (error != asio::error::would_block)
      continue;  // others concern the network: the client will miss the packet
    const base::Watchdog deadline(udp.rtp.get_executor(), context_->options.write_timeout,
                                  [&udp] { udp.rtp.cancel(); });
    co_await udp.rtp.async_wait(asio::socket_base::wait_write,
                                asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return Error{ErrorKind::timeout, "the UDP socket takes no data"};
    udp.rtp.send(asio::buffer(packet.data(), packet.size()), 0, error);
  }
  co_return Result<>{};
}

void RtspDelivery::harm(RtspLane& lane, const RtpTrain& train) {
  lane.count(train);
  const auto weak = weak_from_this();
  const std::uint16_t track = lane.track();
  const PacketFilter::Send send = [weak, track](base::ByteView rtp) {
    const auto self = weak.lock();
    if (self && !self->stopped_ && !rtp.empty() && rtp.size() <= UINT16_MAX)
      self->send_harmed(*self->lanes_[track], rtp);
  };
  for (std::size_t i = 0; i < train.packets.size(); ++i) filter_->on_packet(train, packet_of(train, i), send);
}

void RtspDelivery::send_harmed(RtspLane& lane, base::ByteView rtp) {
  if (context_->stalled) return;
  ++context_->counters.packets;
  context_->counters.bytes += rtp.size();
  if (!lane.transport().tcp) {
    boost::system::error_code ignored;
    lane.udp()->rtp.send(asio::buffer(rtp.data(), rtp.size()), 0, ignored);
    return;
  }
  if (harmed_.size() + rtp.size() > most_harmed) return;
  const std::size_t at = harmed_.size();
  harmed_.resize(at + frame_header);
  write_frame_header(&harmed_[at], lane.transport().interleaved->first, rtp.size());
  harmed_.insert(harmed_.end(), rtp.begin(), rtp.end());
  if (flushing_) return;
  flushing_ = true;
  base::spawn(socket_->executor(), flush_later(shared_from_this()), "RTSP packet filter");
}

asio::awaitable<void> RtspDelivery::flush_later(std::shared_ptr<RtspDelivery> self) {
  // A failure shows again at the next train, which then ends the session.
  (void)co_await self->flush_harmed();
  self->flushing_ = false;
}

asio::awaitable<Result<>> RtspDelivery::flush_harmed() {
  while (!harmed_.empty()) {
    auto written = co_await socket_->write(std::exchange(harmed_, {}));
    if (!written) co_return written;
  }
  co_return Result<>{};
}

base::Bytes RtspDelivery::report_if_due(RtspLane& lane, const RtpTrain& train) {
  const auto now = context_->clock.now();
  if (!lane.report_due(now, report_interval_)) return {};
  SenderReport report = lane.make_report(train, now);
  if (filter_ && !filter_->on_sender_report(lane.track(), report)) return {};
  return write_report(report, context_->options.name, frame_header);
}

void RtspDelivery::count(RtspLane& lane, const RtpTrain& train) {
  lane.count(train);
  context_->counters.packets.fetch_add(train.packets.size(), std::memory_order_relaxed);
  context_->counters.bytes.fetch_add(train.block.size() - frame_header * train.packets.size(),
                                     std::memory_order_relaxed);
}

asio::awaitable<void> RtspDelivery::say_goodbye() {
  const bool by_udp =
      std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane && lane->udp(); });
  if (by_udp) {
    // It comes by another port than the last pictures, which players then leave unread.
    asio::steady_timer pause(socket_->executor(), goodbye_pause);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (stopped_) co_return;
  }
  for (const auto& lane : lanes_) {
    const auto goodbye = lane ? lane->make_goodbye() : std::nullopt;
    if (!goodbye || context_->stalled) continue;
    base::Bytes bytes(frame_header);
    write_rtcp(ReceiverReport{goodbye->ssrcs[0], {}}, bytes);
    write_rtcp(*goodbye, bytes);
    if (!lane->transport().tcp) {
      boost::system::error_code ignored;
      lane->udp()->rtcp.send(asio::buffer(bytes.data() + frame_header, bytes.size() - frame_header), 0,
                             ignored);
      continue;
    }
    write_frame_header(bytes.data(), lane->transport().interleaved->second, bytes.size() - frame_header);
    const auto written = co_await socket_->write(std::move(bytes));
    if (!written) co_return;
  }
}

}  // namespace watchrig::media
