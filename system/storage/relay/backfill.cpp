#include "system/storage/relay/backfill.hpp"

#include <algorithm>
#include <exception>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/storage/relay/hole_join.hpp"

namespace watchrig::storage {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using media::AccessUnitPtr;

namespace {

/// Until the first pictures after a hole are on the disk, and their sender has told its time.
constexpr base::Duration settling = std::chrono::seconds(3);
constexpr base::Duration farthest = std::chrono::hours(24);  ///< holes that began longer ago are left
constexpr base::Duration edge = std::chrono::seconds(10);    ///< read behind a hole
constexpr base::Duration between_attempts = std::chrono::seconds(15);
constexpr unsigned most_attempts = 5;
constexpr std::size_t most_remembered = 10000;  ///< holes
constexpr std::size_t most_units_waiting = 32;
constexpr base::Duration until_written = std::chrono::seconds(5);
/// What a device may send that is of no use: it plays from an earlier key picture on, or does not heed the
/// range.
constexpr std::uint64_t most_useless_bytes = std::uint64_t{256} << 20;

struct Edges {
  media::Presentation tracks;
  std::vector<AccessUnitPtr> before, after;
};

Result<Edges> read_edges(const Storage& storage, const std::string& channel, const std::string& stream,
                         const Hole& hole) {
  Edges edges;
  auto before = storage.read(channel, stream, hole.from, hole.from + std::chrono::nanoseconds(1));
  if (!before) return before.error();
  while (auto unit = before->next()) {
    edges.tracks = *unit->presentation;
    edges.before.push_back(std::move(unit->unit));
  }
  if (edges.before.empty())
    return Error{ErrorKind::corrupt, "what is recorded before the gap cannot be read"};
  auto after = storage.read(channel, stream, hole.to, hole.to + edge);
  if (!after) return after.error();
  while (auto unit = after->next()) {
    const bool same =
        std::ranges::equal(*unit->presentation, edges.tracks, {}, &media::Track::codec, &media::Track::codec);
    if (!same) break;  // it came back otherwise: then the time alone tells where the hole ends
    edges.after.push_back(std::move(unit->unit));
  }
  return edges;
}

}  // namespace

Backfill::Backfill(const base::Clock& clock, Storage& storage, ChannelEventSink sink)
    : clock_(clock), storage_(storage), sink_(std::move(sink)) {
  for (std::size_t i = 0; i < workers; ++i) base::spawn(io_.get_executor(), work(this), "backfill");
  thread_ = std::thread([this] { io_.run(); });
}

Backfill::~Backfill() {
  io_.stop();
  thread_.join();
}

void Backfill::look(std::shared_ptr<RelayChannel> channel) {
  if (!channel->backfill_from()) return;
  asio::post(io_, [this, channel = std::move(channel)] { enqueue({channel, clock_.now() + settling}); });
}

/// A channel that waits already waits on; the newer object of a channel that was changed takes its place.
void Backfill::enqueue(Order order) {
  const auto same = std::ranges::find_if(
      orders_, [&](const Order& other) { return other.channel->id() == order.channel->id(); });
  if (same == orders_.end()) {
    orders_.push_back(std::move(order));
  } else {
    *same = {std::move(order.channel), std::min(order.due, same->due)};
  }
}

asio::awaitable<void> Backfill::work(Backfill* self) {
  base::Timer timer(self->io_.get_executor(), self->clock_);
  for (;;) {
    const auto due = std::ranges::find_if(self->orders_, [self](const Order& order) {
      return order.due <= self->clock_.now() && !self->in_work_.contains(order.channel->id());
    });
    if (due == self->orders_.end()) {
      co_await timer.wait_for(std::chrono::milliseconds(250));
      continue;
    }
    const auto channel = due->channel;
    self->orders_.erase(due);
    self->in_work_.insert(channel->id());
    try {
      co_await self->serve(channel);
    } catch (const std::exception& error) {
      base::log_error("backfill of channel \"{}\": {}", channel->name(), error.what());
    }
    self->in_work_.erase(channel->id());
  }
}

bool Backfill::is_wanted(const RelayChannel& channel, const BackfillSource& source) {
  const auto now = channel.backfill_from();
  return now && now->stream == source.stream && now->since == source.since;
}

asio::awaitable<void> Backfill::serve(std::shared_ptr<RelayChannel> channel) {
  const auto wanted = channel->backfill_from();
  if (!wanted) co_return;
  if (const auto written = storage_.flush(until_written); !written)
    base::log_warning("backfill of channel \"{}\": {}", channel->name(), written.error().message);
  const auto holes = storage_.holes(channel->id(), wanted->stream, clock_.now() - farthest, clock_.now());
  if (!holes) {
    base::log_error("backfill of channel \"{}\": {}", channel->name(), holes.error().message);
    co_return;
  }
  for (const Hole& hole : *holes) {
    // What was not to be recorded stays unrecorded.
    if (hole.to < wanted->since || (!wanted->continued && hole.from < wanted->since)) continue;
    // What limits have removed would be removed again.
    if (hole.to <= storage_.removed_until(channel->id())) continue;
    if (attempts_.size() >= most_remembered) attempts_.clear();
    const HoleName name{channel->id(), wanted->stream, hole.to};
    if (attempts_[name] >= most_attempts) continue;
    const auto filled = co_await fill(*channel, *wanted, hole);
    if (!is_wanted(*channel, *wanted)) co_return;
    // Most cameras keep nothing; the hole itself has been told of.
    if (!filled && filled.error().kind == ErrorKind::unsupported) co_return;
    const bool whole = filled && filled->whole;
    auto& attempts = attempts_[name];
    ++attempts;
    if (whole || (!filled && filled.error().kind == ErrorKind::conflict)) attempts = most_attempts;
    if (filled || attempts == most_attempts) tell(*channel, hole, filled);
    if (attempts < most_attempts) enqueue({channel, clock_.now() + between_attempts * attempts});
  }
}

asio::awaitable<Result<Backfill::Filled>> Backfill::fill(const RelayChannel& channel, BackfillSource source,
                                                         Hole hole) {
  auto edges = read_edges(storage_, channel.id(), source.stream, hole);
  if (!edges) co_return edges.error();
  HoleJoin join(hole, edges->tracks, std::move(edges->before), std::move(edges->after));
  auto address = co_await source.recordings->locate();
  if (!address) co_return address.error();
  auto options = source.client;
  options.url = *std::move(address);
  options.transport = media::RtspClient::lossless(options.transport);
  options.after.reset();
  options.max_queued_units = most_units_waiting;
  media::RtspReplay replay;
  replay.from = join.from();
  replay.to = join.to();
  replay.rate_control = false;
  options.replay = replay;
  media::RtspClient client(io_.get_executor(), clock_, std::move(options));
  const auto recorded = co_await client.start();
  if (!recorded) {
    // Whatever an RTSP server refuses may be different the next time.
    auto refused = recorded.error();
    if (refused.kind == ErrorKind::unsupported) refused.kind = ErrorKind::unavailable;
    co_return refused;
  }
  if (const auto fits = join.present(*recorded); !fits) co_return fits.error();
  const auto recorder = storage_.fill(channel.id(), source.stream, edges->tracks, hole);
  if (!recorder) co_return recorder.error();
  auto filled = co_await play(channel, source, client, join, **recorder);
  (*recorder)->close();
  co_await client.stop();
  // What is told to be there can be read.
  if (const auto written = storage_.flush(until_written); filled && !written) co_return written.error();
  co_return filled;
}

asio::awaitable<bool> Backfill::keep(ChannelRecorder& recorder, AccessUnitPtr unit) {
  constexpr int most_tries = 30;
  base::Timer timer(io_.get_executor(), clock_);
  for (int tries = 0; tries < most_tries; ++tries) {
    if (recorder.push(unit)) co_return true;
    co_await timer.wait_for(std::chrono::milliseconds(100));
  }
  co_return false;
}

asio::awaitable<Result<Backfill::Filled>> Backfill::play(const RelayChannel& channel, BackfillSource source,
                                                         media::RtspClient& client, HoleJoin& join,
                                                         ChannelRecorder& recorder) {
  Filled filled;
  base::Timer timer(io_.get_executor(), clock_);
  const auto began = clock_.now();
  std::uint64_t received = 0, useless = 0;
  std::string ended;
  while (!join.done() && !join.foreign() && useless < most_useless_bytes && is_wanted(channel, source)) {
    const auto unit = co_await client.next();
    if (!unit) {
      ended = unit.error().message;
      break;
    }
    const auto bytes = (*unit)->payload.size();
    received += bytes;
    const auto fitted = join.take(**unit, clock_.now());
    useless = fitted.empty() ? useless + bytes : 0;
    for (const auto& one : fitted) {
      const bool kept = co_await keep(recorder, one);
      if (!kept) co_return Error{ErrorKind::unavailable, "the store takes no more at present"};
      ++filled.units;
      filled.until = std::max(filled.until, one->time);
    }
    const auto needed = std::chrono::duration<double>(static_cast<double>(received) * 8 / rate);
    co_await timer.wait_until(began + std::chrono::duration_cast<base::Duration>(needed));
  }
  filled.whole = join.done();
  filled.exact = join.exact();
  if (filled.units > 0) co_return filled;
  if (join.foreign())
    co_return Error{ErrorKind::conflict, "its recording is not of what was recorded before the gap"};
  co_return Error{ErrorKind::not_found, "the device has recorded nothing in this time: " + ended};
}

void Backfill::tell(const RelayChannel& channel, const Hole& hole, const Result<Filled>& filled) {
  const auto span = fmt::format("from {} to {}", base::format_utc(hole.from), base::format_utc(hole.to));
  ChannelEvent event{{}, channel.id(), channel.name(), {}, {}, {}};
  if (!filled) {
    event.type = "recording.backfill-failed";
    event.cause = filled.error().message;
    event.message = fmt::format("channel \"{}\": what is missing {} could not be fetched from the device: {}",
                                channel.name(), span, filled.error().message);
  } else {
    event.type = "recording.backfilled";
    event.cause = filled->whole ? "" : "the device has recorded a part of it only";
    event.message =
        fmt::format("channel \"{}\": what was missing {} was fetched from the device{}{}", channel.name(),
                    span, filled->whole ? "" : ", up to " + base::format_utc(filled->until),
                    filled->exact ? "" : "; its begin was joined by time");
    event.counts = {{"units", static_cast<std::int64_t>(filled->units)}};
  }
  sink_(event);
}

}  // namespace watchrig::storage
