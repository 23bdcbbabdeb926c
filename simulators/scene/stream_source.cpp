#include "simulators/scene/stream_source.hpp"

#include <openssl/sha.h>

#include "simulators/scene/stream_state.hpp"

namespace watchrig::scene {
namespace {

/// A random RTP base that comes back with the same seed.
std::uint32_t rtp_base_of(std::uint64_t seed, const std::string& name) {
  const std::string text = std::to_string(seed) + "/" + name;
  std::uint8_t hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hash);
  return base::load_be32(hash);
}

std::string name_of(const SourceSpec& spec) {
  return (spec.file.empty() ? spec.scene : spec.file.string()) + " " + to_string(spec.profile) +
         (spec.owner.empty() ? "" : " seen by " + spec.owner);
}

}  // namespace

Subscription::Subscription(std::shared_ptr<StreamSource> source, std::uint64_t id)
    : source_(std::move(source)), id_(id) {}

Subscription::Subscription(Subscription&& other) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  std::swap(source_, other.source_);
  std::swap(id_, other.id_);
  return *this;
}

Subscription::~Subscription() {
  if (!source_) return;
  const std::lock_guard lock(source_->state_->mutex);
  source_->state_->readers.erase(id_);
}

base::Result<void> Subscription::set_burst(double factor) {
  if (!source_) return base::Error{base::ErrorKind::invalid, "the subscription is empty"};
  return source_->state_->set_burst(id_, factor);
}

StreamSource::StreamSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
StreamSource::~StreamSource() { state_->stop(); }

const media::Track& StreamSource::track() const { return state_->track; }
const StreamProfile& StreamSource::profile() const { return state_->profile; }
base::UtcTime StreamSource::started() const { return state_->started; }

SourceStats StreamSource::stats() const {
  const std::lock_guard lock(state_->mutex);
  SourceStats stats = state_->stats;
  state_->lateness.fill(stats);
  return stats;
}

Subscription StreamSource::subscribe(Receiver receiver) {
  const std::lock_guard lock(state_->mutex);
  const std::uint64_t id = state_->next_reader++;
  state_->readers[id].receiver = std::move(receiver);
  return Subscription(shared_from_this(), id);
}

void StreamSource::tell_objects() { state_->tells_objects = true; }

StreamSourceRegistry::StreamSourceRegistry(const base::Clock& clock, std::uint64_t seed)
    : clock_(clock), seed_(seed) {}
StreamSourceRegistry::~StreamSourceRegistry() = default;

base::Result<void> StreamSourceRegistry::set_up(const SourceSpec& spec, StreamSource::State& state) {
  StreamProfile& profile = state.profile;
  state.ahead = !spec.pointing && !spec.finish;
  const bool sound = profile.codec && !media::is_video(*profile.codec);
  if (sound || profile.passthrough()) {
    auto producer = sound ? open_tone(profile) : open_passthrough(spec.file, profile);
    if (!producer) return producer.error();
    state.producer = std::move(*producer);
    state.track = state.producer->track();
    return {};
  }
  auto encoder = media::VideoEncoder::open(state.encoder_settings(1));
  if (!encoder) return encoder.error();
  state.shared = std::make_shared<media::VideoEncoder>(std::move(*encoder));
  state.track = state.shared->track();
  if (spec.file.empty()) {
    state.pictures = open_street(profile, seed_, clock_.now() - *start_, {spec.pointing, spec.finish});
    return {};
  }
  auto pictures = open_file_pictures(spec.file, profile, spec.finish);
  if (!pictures) return pictures.error();
  state.pictures = std::move(*pictures);
  return {};
}

base::Result<std::shared_ptr<StreamSource>> StreamSourceRegistry::open(const SourceSpec& spec) {
  const std::string name = name_of(spec);
  const std::lock_guard lock(mutex_);
  std::erase_if(sources_, [](const auto& entry) { return entry.second.expired(); });
  if (const auto known = sources_.find(name); known != sources_.end()) {
    if (auto running = known->second.lock()) return running;
  }
  if (spec.file.empty() && spec.profile.passthrough())
    return base::Error{base::ErrorKind::invalid, "stream " + name + ": passthrough needs a file"};
  if (spec.file.empty() && spec.scene != "street")
    return base::Error{base::ErrorKind::not_found,
                       "scene \"" + spec.scene + "\": the only scene is \"street\""};
  if (!start_) start_ = clock_.now();

  auto state = std::make_unique<StreamSource::State>(clock_, spec.profile);
  state->name = name;
  state->rtp_base = rtp_base_of(seed_, name);
  if (auto done = set_up(spec, *state); !done) return std::move(done.error()).within("stream " + name);
  state->started = clock_.now();
  state->start();
  std::shared_ptr<StreamSource> source(new StreamSource(std::move(state)));
  sources_[name] = source;
  return source;
}

}  // namespace watchrig::scene
