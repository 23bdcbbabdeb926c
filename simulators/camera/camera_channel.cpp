#include "simulators/camera/camera_channel.hpp"

#include <algorithm>
#include <iterator>

#include "simulators/kernel/dice.hpp"

namespace watchrig::camera {

namespace {

/// Stages whose ledgers are kept.
constexpr std::size_t most_past = 32;

void add(CameraStream::Totals& sum, const CameraStream::Totals& more) {
  for (std::size_t track = 0; track < sum.units.size(); ++track) {
    sum.units[track] += more.units[track];
    sum.bytes[track] += more.bytes[track];
  }
  sum.dropped += more.dropped;
}

}  // namespace

CameraChannel::CameraChannel(Place place, const scene::SourceSpec& source, std::shared_ptr<Broadcast> video,
                             std::shared_ptr<Broadcast> audio)
    : place_(std::move(place)),
      harm_(
          std::make_shared<HarmContext>(place_.seed, place_.camera, place_.name, place_.board, place_.clock)),
      audio_(std::move(audio)),
      stage_(make_stage(source, std::move(video), audio_)) {
  if (place_.card) stage_->stream->record_to(place_.card);
}

CameraChannel::~CameraChannel() { stop(); }

CameraChannel::StagePtr CameraChannel::make_stage(const scene::SourceSpec& source,
                                                  std::shared_ptr<Broadcast> video,
                                                  std::shared_ptr<Broadcast> audio) const {
  auto stage = std::make_shared<Stage>();
  stage->source = source;
  if (place_.snapshots) stage->snapshots = std::make_unique<SnapshotKeeper>(video);
  stage->stream = std::make_shared<CameraStream>(place_.camera, place_.name, std::move(video),
                                                 std::move(audio), place_.board, place_.clock, place_.phase);
  if (place_.analytics) {
    const kernel::Dice dice(place_.seed, place_.camera + "/" + place_.name, "metadata ssrc");
    stage->stream->add_metadata(place_.analytics, place_.name.ends_with("main"),
                                static_cast<std::uint32_t>(dice.bits(0)) | 1U);
  }
  stage->stream->start();
  return stage;
}

CameraChannel::StagePtr CameraChannel::stage() const {
  const std::lock_guard lock(mutex_);
  return stage_;
}

base::Result<> CameraChannel::change(const scene::SourceSpec& source, std::shared_ptr<Broadcast> video,
                                     std::shared_ptr<Broadcast> audio) {
  const std::lock_guard one_at_a_time(changing_);
  if (!audio) audio = audio_;
  const auto next = make_stage(source, std::move(video), audio);
  if (const auto applied = next->stream->apply_burst(); !applied) {
    next->stream->stop();
    return applied;
  }
  audio_ = std::move(audio);
  // Before mutex_, since the end of a stage waits for the threads of its sources.
  const auto before = stage();
  before->stream->stop();
  if (place_.card) next->stream->record_to(place_.card);
  {
    const std::lock_guard lock(mutex_);
    past_.push_back({before->stream->ledgers(), before->stream->spans(), before->stream->totals()});
    if (past_.size() > most_past) past_.pop_front();
    stage_ = next;
  }
  // A burst may have begun or ended meanwhile.
  return next->stream->apply_burst();
}

void CameraChannel::stop() { stage()->stream->stop(); }

CameraStream::Totals CameraChannel::totals() const {
  const std::lock_guard lock(mutex_);
  auto sum = stage_->stream->totals();
  for (const auto& past : past_) add(sum, past.totals);
  return sum;
}

std::vector<Ledger::Entry> CameraChannel::entries(std::size_t track, base::UtcTime from,
                                                  base::UtcTime to) const {
  const std::lock_guard lock(mutex_);
  // Without a change, the units of before the first that went out are told too: nobody watched them.
  if (past_.empty()) return stage_->stream->ledgers().at(track)->entries(from, to);
  std::vector<Ledger::Entry> all;
  // Other cameras may use the source of a stage before it and after it.
  const auto append = [&](const Ledger& ledger, const std::optional<CameraStream::Span>& span) {
    if (!span) return;
    auto entries =
        ledger.entries(std::max(from, span->first), std::min(to, span->last + std::chrono::nanoseconds(1)));
    std::move(entries.begin(), entries.end(), std::back_inserter(all));
  };
  for (const auto& past : past_) append(*past.ledgers.at(track), past.spans.at(track));
  append(*stage_->stream->ledgers().at(track), stage_->stream->spans().at(track));
  std::ranges::stable_sort(all, {}, [](const auto& entry) { return entry.unit.time; });
  return all;
}

}  // namespace watchrig::camera
