#include "simulators/camera/camera_stream.hpp"

#include <fmt/format.h>

#include "simulators/camera/camera_faults.hpp"
#include "simulators/camera/camera_feed.hpp"

namespace watchrig::camera {

CameraStream::CameraStream(std::string camera, std::string name, std::shared_ptr<Broadcast> video,
                           std::shared_ptr<Broadcast> audio, std::shared_ptr<kernel::FaultBoard> board,
                           const base::Clock& clock, double phase)
    : camera_(std::move(camera)),
      name_(std::move(name)),
      video_(std::move(video)),
      audio_(std::move(audio)),
      board_(std::move(board)),
      clock_(clock),
      period_(video_->source()->profile().rate.time_of(1)),
      lag_(std::chrono::floor<std::chrono::milliseconds>(
          std::chrono::duration<double, std::nano>(static_cast<double>(period_.count()) * phase))) {
  ledgers_.push_back(std::make_shared<Ledger>(video_->book(), video_->grid()));
  if (audio_) ledgers_.push_back(std::make_shared<Ledger>(audio_->book(), audio_->grid()));
}

CameraStream::~CameraStream() { stop(); }

void CameraStream::add_metadata(std::shared_ptr<VideoAnalytics> analytics, bool judges, std::uint32_t ssrc) {
  const auto& track = video_->track();
  video_->source()->tell_objects();
  metadata_ = std::make_unique<MetadataTrack>(
      MetadataTrack::Place{std::move(analytics), name_, judges, static_cast<std::uint16_t>(ledgers_.size()),
                           ssrc, video_->grid(), track.width, track.height});
  ledgers_.push_back(metadata_->ledger());
}

void CameraStream::start() {
  for (const auto& broadcast : {video_, audio_}) {
    if (!broadcast) continue;
    const auto role = broadcast->role();
    taps_.push_back(std::make_unique<Broadcast::Tap>(
        broadcast, [this, role](const scene::EncodedUnitPtr& unit, const media::RtpTrainPtr& train) {
          on_shared(role, unit, train);
        }));
  }
}

void CameraStream::record_to(std::shared_ptr<CardStore> card) {
  card->begin(tracks(), ledgers_);
  const std::lock_guard lock(mutex_);
  card_ = std::move(card);
}

void CameraStream::stop() {
  taps_.clear();
  {
    // Not under mutex_: the end of a subscription waits for its receiver, which takes mutex_.
    const std::lock_guard lock(burst_mutex_);
    left_ = true;
    if (detour_) detour_->subscription = scene::Subscription();
  }
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (CameraFeed* feed : feeds_) feed->close();
}

media::Presentation CameraStream::tracks() const {
  media::Presentation tracks{video_->track()};
  if (audio_) tracks.push_back(audio_->track());
  return tracks;
}

std::string CameraStream::error() const {
  auto error = video_->error();
  return error.empty() && audio_ ? audio_->error() : error;
}

std::unique_ptr<media::RtspFeed> CameraStream::open(boost::asio::any_io_executor executor) {
  const bool no_keys = lies_about(board_->active(), name_, lies::no_key_frames, clock_.now());
  const auto start = no_keys ? base::Start::at_once : base::Start::at_restart_point;
  auto feed = std::make_unique<CameraFeed>(shared_from_this(), std::move(executor), start);
  const std::lock_guard lock(mutex_);
  feeds_.push_back(feed.get());
  if (stopped_) feed->close();
  return feed;
}

void CameraStream::on_shared(TrackRole role, const scene::EncodedUnitPtr& unit,
                             const media::RtpTrainPtr& train) {
  const std::lock_guard lock(mutex_);
  if (role == TrackRole::video) {
    if (detour_ && detour_->taken) return;
    last_video_ = unit->index;
    if (train)
      next_sequence_ = static_cast<std::uint16_t>(position_of(*train).sequence + train->packets.size());
  }
  if (card_) card_->add(role, unit);
  publish(role, *unit, train);
}

void CameraStream::on_detour(const scene::EncodedUnitPtr& unit) {
  const std::lock_guard lock(mutex_);
  // Its first unit is perhaps one that has gone out on the shared way already; the next one goes on from
  // there.
  if (!detour_->taken) detour_->packetizer.continue_at(next_sequence_);
  detour_->taken = true;
  if (last_video_ && unit->index <= *last_video_) return;
  last_video_ = unit->index;
  const auto train =
      detour_->packetizer.packetize(unit->payload, unit->key, unit->rtp_timestamp, unit->captured);
  ledgers_.front()->replace(record_of(*unit));
  if (card_) card_->add(TrackRole::video, unit);
  publish(TrackRole::video, *unit, train ? *train : nullptr);
}

/// Under mutex_, as the next three.
void CameraStream::publish(TrackRole role, const scene::EncodedUnit& unit, const media::RtpTrainPtr& train) {
  count(static_cast<std::size_t>(role), unit.payload.size(), unit.captured);
  if (train && !feeds_.empty() && !withholds(faults(), name_, unit.captured)) {
    // What the firmware does is judged by the time at which it does it, as in open().
    const bool kept =
        train->video && unit.key && lies_about(faults_, name_, lies::no_key_frames, clock_.now());
    if (!kept) {
      for (CameraFeed* feed : feeds_) feed->push(train);
    }
  }
  if (role == TrackRole::video && metadata_) publish_metadata(unit);
}

void CameraStream::publish_metadata(const scene::EncodedUnit& picture) {
  const auto told = metadata_->next(picture);
  if (!told) return;
  count(metadata_->track(), told->bytes, picture.captured);
  if (feeds_.empty() || withholds(faults(), name_, picture.captured)) return;
  for (CameraFeed* feed : feeds_) feed->push(told->train);
}

void CameraStream::count(std::size_t track, std::size_t bytes, base::UtcTime captured) {
  ++totals_.units.at(track);
  totals_.bytes.at(track) += bytes;
  auto& span = spans_.at(track);
  span = Span{span ? span->first : captured, captured};
}

const std::vector<kernel::Fault>& CameraStream::faults() {
  if (const auto version = board_->version(); version != faults_version_) {
    faults_version_ = version;
    faults_ = board_->remembered();
  }
  return faults_;
}

void CameraStream::sent(const media::RtpTrain& train) {
  Ledger& ledger = *ledgers_.at(train.track);
  ledger.handed(ledger.index_at(train.time));
  if (train.video) sending_.add(clock_.now() - train.time - lag_);
}

void CameraStream::reader_begins() const {
  if (metadata_) metadata_->analytics()->reader_came(name_);
}

void CameraStream::leave(CameraFeed& feed) {
  const std::lock_guard lock(mutex_);
  std::erase(feeds_, &feed);
  totals_.dropped += feed.stats().dropped;
}

double CameraStream::wanted_factor() const {
  double factor = 1;
  const auto now = clock_.now();
  for (const auto& fault : board_->active()) {
    if (fault.verb == kernel::Verb::burst && fault.covers(name_, now)) factor = fault.factor;
  }
  return factor;
}

base::Result<void> CameraStream::apply_burst() {
  const std::lock_guard one_at_a_time(burst_mutex_);
  const double factor = wanted_factor();
  if (left_ || factor == factor_) return {};
  if (video_->source()->profile().passthrough()) {
    return base::Error{base::ErrorKind::unsupported, fmt::format("stream {} is not encoded here", name_)};
  }
  if (!detour_) {
    auto detour = std::make_unique<Detour>(Detour{
        media::RtpPacketizer(video_->track(), static_cast<std::uint16_t>(TrackRole::video), video_->ssrc()),
        {}});
    {
      const std::lock_guard lock(mutex_);
      detour_ = std::move(detour);
    }
    detour_->subscription =
        video_->source()->subscribe([this](const scene::EncodedUnitPtr& unit) { on_detour(unit); });
  }
  auto applied = detour_->subscription.set_burst(factor);
  if (applied) factor_ = factor;
  return applied;
}

CameraStream::Spans CameraStream::spans() const {
  const std::lock_guard lock(mutex_);
  return spans_;
}

CameraStream::Totals CameraStream::totals() const {
  const std::lock_guard lock(mutex_);
  Totals totals = totals_;
  for (const CameraFeed* feed : feeds_) totals.dropped += feed->stats().dropped;
  return totals;
}

}  // namespace watchrig::camera
