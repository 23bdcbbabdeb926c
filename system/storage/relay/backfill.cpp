#include "system/storage/relay/backfill.hpp"

#include <algorithm>

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
constexpr base::Duration between_attempts = std::chrono::seconds(30);
constexpr unsigned most_attempts = 6;
constexpr std::size_t most_given_up = 10000;
constexpr base::Duration patience = std::chrono::milliseconds(100);

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
  auto after = storage.read(channel, stream, hole.to, hole.to + edge);
  if (!after) return after.error();
  while (auto unit = after->next()) edges.after.push_back(std::move(unit->unit));
  if (edges.before.empty() || edges.after.empty())
    return Error{ErrorKind::corrupt, "what is recorded on both sides of the gap cannot be read"};
  return edges;
}

bool may_pass(ErrorKind kind) { return kind == ErrorKind::unavailable || kind == ErrorKind::timeout; }

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

/// A channel that waits already waits on.
void Backfill::enqueue(Order order) {
  const auto same = [&](const Order& other) { return other.channel == order.channel; };
  if (std::ranges::find_if(orders_, same) == orders_.end()) orders_.push_back(std::move(order));
}

asio::awaitable<void> Backfill::work(Backfill* self) {
  base::Timer timer(self->io_.get_executor(), self->clock_);
  for (;;) {
    const auto due = std::ranges::find_if(
        self->orders_, [now = self->clock_.now()](const Order& o) { return o.due <= now; });
    if (due == self->orders_.end()) {
      co_await timer.wait_for(std::chrono::milliseconds(250));
      continue;
    }
    Order order = std::move(*due);
    self->orders_.erase(due);
    co_await self->serve(std::move(order));
  }
}

asio::awaitable<void> Backfill::serve(Order order) {
  const auto& channel = *order.channel;
  const auto wanted = channel.backfill_from();
  if (!wanted) co_return;
  const auto holes = storage_.holes(channel.id(), wanted->stream, clock_.now() - farthest, clock_.now());
  if (!holes) {
    base::log_error("backfill of channel \"{}\": {}", channel.name(), holes.error().message);
    co_return;
  }
  for (const Hole& hole : *holes) {
    const HoleName name{channel.id(), wanted->stream, hole.from, hole.to};
    // What was not to be recorded stays unrecorded.
    if (hole.to < wanted->since || (!wanted->continued && hole.from < wanted->since)) continue;
    if (given_up_.contains(name)) continue;
    const auto filled = co_await fill(channel, wanted->stream, hole);
    if (!filled && may_pass(filled.error().kind) && order.attempt + 1 < most_attempts) {
      enqueue({order.channel, clock_.now() + between_attempts * (1 << order.attempt), order.attempt + 1});
      co_return;
    }
    // Most cameras keep nothing; the hole itself has been told of.
    if (!filled && filled.error().kind == ErrorKind::unsupported) co_return;
    if (given_up_.size() >= most_given_up) given_up_.clear();
    if (!filled || !filled->whole) given_up_.insert(name);
    tell(channel, hole, filled);
  }
}

asio::awaitable<Result<Backfill::Filled>> Backfill::fill(const RelayChannel& channel, std::string stream,
                                                         Hole hole) {
  const auto wanted = channel.backfill_from();
  if (!wanted) co_return Error{ErrorKind::cancelled, "the channel is recorded no more"};
  auto edges = read_edges(storage_, channel.id(), stream, hole);
  if (!edges) co_return edges.error();
  HoleJoin join(hole, edges->tracks, std::move(edges->before), std::move(edges->after));
  auto address = co_await wanted->recordings->locate();
  if (!address) co_return address.error();
  auto options = wanted->client;
  options.url = *std::move(address);
  options.transport = media::RtspClient::Transport::tcp;
  options.after.reset();
  media::RtspReplay replay;
  replay.from = join.from();
  replay.to = join.to();
  replay.rate_control = false;
  options.replay = replay;
  media::RtspClient client(io_.get_executor(), clock_, std::move(options));
  const auto recorded = co_await client.start();
  if (!recorded) co_return recorded.error();
  if (const auto fits = join.present(*recorded); !fits) co_return fits.error();
  const auto recorder = storage_.fill(channel.id(), stream, edges->tracks, hole);
  if (!recorder) co_return recorder.error();
  auto filled = co_await play(client, join, **recorder);
  (*recorder)->close();
  co_await client.stop();
  co_return filled;
}

asio::awaitable<Result<Backfill::Filled>> Backfill::play(media::RtspClient& client, HoleJoin& join,
                                                         ChannelRecorder& recorder) {
  Filled filled;
  base::Timer timer(io_.get_executor(), clock_);
  const auto began = clock_.now();
  while (!join.done()) {
    const auto unit = co_await client.next();
    // A device ends with the last unit that it has, in whatever way.
    if (!unit) break;
    for (const auto& fitted : join.take(**unit, clock_.now())) {
      for (int tries = 0; !recorder.push(fitted); ++tries) {
        if (tries == 100) co_return Error{ErrorKind::unavailable, "the store takes no more at present"};
        co_await timer.wait_for(patience);
      }
      ++filled.units;
      filled.bytes += fitted->payload.size();
      filled.until = std::max(filled.until, fitted->time);
    }
    const auto needed = std::chrono::duration<double>(static_cast<double>(filled.bytes) * 8 / rate);
    co_await timer.wait_until(began + std::chrono::duration_cast<base::Duration>(needed));
  }
  filled.whole = join.done();
  filled.exact = join.exact();
  if (filled.units == 0)
    co_return Error{ErrorKind::not_found, "the device has recorded nothing in this time"};
  co_return filled;
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
