#include "system/media/stream_hub.hpp"

#include <algorithm>

#include "system/base/log.hpp"

namespace watchrig::media {

/// What makes the packets of one relayed track. Its RTP timestamps follow AccessUnit::time and not the
/// camera's, so that they go on evenly for the viewers when the camera comes back with new ones.
struct StreamHub::Relay {
  RtpPacketizer packetizer;
  std::uint32_t clock_rate;
  std::optional<RtpPosition> position;

  std::uint32_t timestamp(base::UtcTime time) const {
    const auto since_epoch = time.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    const std::uint64_t part = static_cast<std::uint64_t>((since_epoch - seconds).count()) * clock_rate;
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(seconds.count()) * clock_rate +
                                      (part + 500'000'000) / 1'000'000'000);
  }
};

namespace {

bool has_video(const Presentation& tracks) {
  return std::any_of(tracks.begin(), tracks.end(), [](const Track& track) { return is_video(track.codec); });
}

bool same_tracks(const Presentation& a, const Presentation& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Track& x, const Track& y) {
    return x.codec == y.codec && x.config == y.config && x.clock_rate == y.clock_rate &&
           x.channels == y.channels;
  });
}

/// Calls `use` for each reader that is left, and forgets the others. While a reader is used here its owner
/// may let go, and its destructor wants the hub's mutex: so it goes to `keep`, which lives until the mutex is
/// free.
template <class Reader, class Use>
void each(std::vector<std::weak_ptr<Reader>>& readers, std::vector<std::shared_ptr<void>>& keep, Use use) {
  std::erase_if(readers, [&](const std::weak_ptr<Reader>& weak) {
    const auto reader = weak.lock();
    if (!reader) return true;
    keep.push_back(reader);
    use(*reader);
    return false;
  });
}

class Feed final : public RtspFeed {
 public:
  Feed(std::shared_ptr<TrainReader> reader, std::function<std::optional<RtpPosition>(std::uint16_t)> position)
      : reader_(std::move(reader)), position_(std::move(position)) {}
  asio::awaitable<std::optional<RtpTrainPtr>> next() override { return reader_->queue.pop(); }
  std::optional<RtpTrainPtr> try_next() override { return reader_->queue.try_pop(); }
  void close() override { reader_->queue.close(); }
  base::QueueStats stats() const override { return reader_->queue.stats(); }
  std::optional<RtpPosition> position(std::uint16_t track) const override { return position_(track); }

 private:
  std::shared_ptr<TrainReader> reader_;
  std::function<std::optional<RtpPosition>(std::uint16_t)> position_;
};

}  // namespace

template <class Entry>
HubReader<Entry>::~HubReader() {
  queue.close();
  hub_->leave(queue.stats());
}

template class HubReader<AccessUnitPtr>;
template class HubReader<RtpTrainPtr>;

StreamHub::StreamHub(std::string name, std::uint32_t ssrc) : name_(std::move(name)), ssrc_(ssrc) {}

StreamHub::~StreamHub() = default;

void StreamHub::set_tracks(Presentation tracks) {
  Kept keep;
  const std::lock_guard lock(mutex_);
  if (!tracks_.empty() && same_tracks(tracks_, tracks)) return;
  if (!tracks_.empty()) {
    base::log_info("{}: the tracks have changed, readers begin anew", name_);
    end_readers(keep);
  }
  tracks_ = std::move(tracks);
  relays_.clear();
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    const auto index = static_cast<std::uint16_t>(i);
    relays_.push_back({RtpPacketizer(tracks_[i], index, ssrc_ + index), tracks_[i].clock_rate, std::nullopt});
  }
}

Presentation StreamHub::tracks() const {
  const std::lock_guard lock(mutex_);
  return tracks_;
}

void StreamHub::publish(const AccessUnitPtr& unit) {
  Kept keep;
  const std::lock_guard lock(mutex_);
  if (closed_ || unit->track >= tracks_.size()) return;
  count(*unit);
  each(unit_readers_, keep, [&](UnitReader& reader) { reader.queue.push(unit); });
  if (train_readers_.empty()) return;
  if (const auto train = make_train(*unit)) {
    each(train_readers_, keep, [&](TrainReader& reader) { reader.queue.push(train); });
  }
}

RtpTrainPtr StreamHub::make_train(const AccessUnit& unit) {
  Relay& relay = relays_[unit.track];
  const std::uint32_t timestamp = relay.timestamp(unit.time);
  auto train = relay.packetizer.packetize(unit.payload, unit.key, timestamp, unit.time);
  if (!train) {
    base::log_warning("{}: not relayed: {}", name_, train.error().message);
    return nullptr;
  }
  relay.position = RtpPosition{relay.packetizer.ssrc(), relay.packetizer.next_sequence(), timestamp};
  return *train;
}

void StreamHub::count(const AccessUnit& unit) {
  ++totals_.units;
  totals_.bytes += unit.payload.size();
  totals_.last = unit.time;
  if (!is_video(unit.codec)) return;
  if (!rate_since_) rate_since_ = unit.time;
  const auto elapsed = unit.time - *rate_since_;
  if (elapsed >= std::chrono::seconds(1)) {
    totals_.frames_per_second =
        static_cast<double>(rate_pictures_) / std::chrono::duration<double>(elapsed).count();
    rate_since_ = unit.time;
    rate_pictures_ = 0;
  }
  ++rate_pictures_;
}

void StreamHub::end_readers(Kept& keep) {
  each(unit_readers_, keep, [](UnitReader& reader) { reader.queue.close(); });
  each(train_readers_, keep, [](TrainReader& reader) { reader.queue.close(); });
  unit_readers_.clear();
  train_readers_.clear();
}

void StreamHub::close() {
  Kept keep;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  end_readers(keep);
}

template <class Entry>
std::shared_ptr<HubReader<Entry>> StreamHub::add_reader(std::vector<std::weak_ptr<HubReader<Entry>>>& readers,
                                                        asio::any_io_executor consumer, std::size_t bytes,
                                                        base::Overflow overflow) {
  std::function<void(bool)> demand;
  std::shared_ptr<HubReader<Entry>> reader;
  {
    const std::lock_guard lock(mutex_);
    const bool starts_with_key = tracks_.empty() || has_video(tracks_);
    reader = std::make_shared<HubReader<Entry>>(
        shared_from_this(), std::move(consumer), bytes, overflow,
        starts_with_key ? base::Start::at_restart_point : base::Start::at_once);
    if (closed_) reader->queue.close();
    readers.push_back(reader);
    if (++totals_.readers == 1) demand = demand_;
  }
  if (demand) demand(true);
  return reader;
}

std::shared_ptr<UnitReader> StreamHub::read_units(asio::any_io_executor consumer, std::size_t bytes,
                                                  base::Overflow overflow) {
  return add_reader(unit_readers_, std::move(consumer), bytes, overflow);
}

std::unique_ptr<RtspFeed> StreamHub::read_trains(asio::any_io_executor consumer, std::size_t bytes) {
  auto reader = add_reader(train_readers_, std::move(consumer), bytes, base::Overflow::drop_to_restart);
  auto position = [hub = shared_from_this()](std::uint16_t track) -> std::optional<RtpPosition> {
    const std::lock_guard lock(hub->mutex_);
    if (track >= hub->relays_.size()) return std::nullopt;
    return hub->relays_[track].position;
  };
  return std::make_unique<Feed>(std::move(reader), std::move(position));
}

void StreamHub::leave(const base::QueueStats& stats) {
  std::function<void(bool)> demand;
  {
    const std::lock_guard lock(mutex_);
    totals_.dropped += stats.dropped;
    if (--totals_.readers == 0) demand = demand_;
  }
  if (demand) demand(false);
}

StreamHub::Totals StreamHub::totals() {
  Kept keep;
  const std::lock_guard lock(mutex_);
  Totals totals = totals_;
  each(unit_readers_, keep, [&](UnitReader& reader) { totals.dropped += reader.queue.stats().dropped; });
  each(train_readers_, keep, [&](TrainReader& reader) { totals.dropped += reader.queue.stats().dropped; });
  return totals;
}

void StreamHub::on_demand(std::function<void(bool)> listener) {
  const std::lock_guard lock(mutex_);
  demand_ = std::move(listener);
}

}  // namespace watchrig::media
