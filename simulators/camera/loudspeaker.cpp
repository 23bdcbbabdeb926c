#include "simulators/camera/loudspeaker.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/media/rtp_receiver.hpp"

namespace watchrig::camera {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using media::Codec;
namespace json = boost::json;

constexpr unsigned sample_rate = 8000;
constexpr std::size_t remembered = sample_rate;  ///< one second
constexpr int silence = 100;                     ///< of 32768

/// ITU-T G.711, table 2a.
int of_mu_law(std::uint8_t coded) {
  const unsigned bits = ~coded & 0xFFU;
  const int magnitude = static_cast<int>((((bits & 0x0F) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80) != 0 ? -magnitude : magnitude;
}

/// ITU-T G.711, table 1a.
int of_a_law(std::uint8_t coded) {
  const unsigned bits = coded ^ 0x55U, exponent = (bits & 0x70) >> 4;
  int magnitude = static_cast<int>((bits & 0x0F) << 4) + 8;
  if (exponent > 0) magnitude = (magnitude + 0x100) << (exponent - 1);
  return (bits & 0x80) != 0 ? magnitude : -magnitude;
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Digest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

Digest begin_digest() {
  Digest digest(EVP_MD_CTX_new());
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  return digest;
}

/// Of what there is so far, which may go on.
std::string value_of(const Digest& digest) {
  const Digest copy(EVP_MD_CTX_new());
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_MD_CTX_copy_ex(copy.get(), digest.get());
  EVP_DigestFinal_ex(copy.get(), bytes.data(), &size);
  return base::to_hex(bytes.data(), size);
}

}  // namespace

std::optional<unsigned> tone_of(base::ByteView samples, Codec codec) {
  if (samples.size() < sample_rate / 10) return std::nullopt;
  std::size_t crossings = 0, first = 0, last = 0;
  bool below = false;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const int value = codec == Codec::pcma ? of_a_law(samples[i]) : of_mu_law(samples[i]);
    if (value < -silence) below = true;
    if (value <= silence || !below) continue;
    below = false;
    if (crossings++ == 0) first = i;
    last = i;
  }
  if (crossings < 2) return std::nullopt;
  return static_cast<unsigned>(
      std::lround(static_cast<double>((crossings - 1) * sample_rate) / static_cast<double>(last - first)));
}

/// What one client has said. Under the mutex of the loudspeaker.
struct Loudspeaker::Talk {
  Talk(std::string who, const media::Track& track, bool by_tcp)
      : client(std::move(who)),
        codec(track.codec),
        ordered(by_tcp),
        receiver(track, {.ordered = by_tcp}, [this](const media::AccessUnitPtr& unit) { take(*unit); }) {}

  void take(const media::AccessUnit& unit) {
    if (samples == 0) begun = unit.received;
    const auto ahead =
        base::Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(samples) / sample_rate -
        (unit.received - begun);
    most_ahead = std::max(most_ahead, ahead);
    samples += unit.payload.size();
    EVP_DigestUpdate(digest.get(), unit.payload.data(), unit.payload.size());
    recent.insert(recent.end(), unit.payload.begin(), unit.payload.end());
    if (recent.size() > remembered)
      recent.erase(recent.begin(), recent.end() - static_cast<std::ptrdiff_t>(remembered));
  }

  const std::string client;
  const Codec codec;
  const bool ordered;
  Digest digest = begin_digest();
  std::uint64_t samples = 0;
  base::UtcTime begun{};
  base::Duration most_ahead{};
  base::Bytes recent;
  media::RtpReceiver receiver;
};

class Loudspeaker::Hearing final : public media::RtspHearing {
 public:
  Hearing(std::shared_ptr<Loudspeaker> speaker, std::shared_ptr<Talk> talk)
      : speaker_(std::move(speaker)), talk_(std::move(talk)) {}
  ~Hearing() override {
    const std::lock_guard lock(speaker_->mutex_);
    talk_->receiver.flush();
    speaker_->talking_ = false;
    base::log_info("loudspeaker: {} has talked for {} ms", talk_->client,
                   talk_->samples * 1000 / sample_rate);
  }
  Hearing(const Hearing&) = delete;
  Hearing& operator=(const Hearing&) = delete;

  void take(base::ByteView rtp) override {
    const std::lock_guard lock(speaker_->mutex_);
    talk_->receiver.push(rtp, speaker_->clock_.now());
  }

 private:
  const std::shared_ptr<Loudspeaker> speaker_;
  const std::shared_ptr<Talk> talk_;
};

media::Presentation Loudspeaker::codings() {
  media::Track mu;  // payload types of RFC 3551, 6
  mu.codec = Codec::pcmu;
  mu.clock_rate = sample_rate;
  mu.payload_type = 0;
  mu.channels = 1;
  auto a = mu;
  a.codec = Codec::pcma;
  a.payload_type = 8;
  return {mu, a};
}

Result<std::unique_ptr<media::RtspHearing>> Loudspeaker::hear(const std::string& client,
                                                              const media::Track& track, bool ordered) {
  const std::lock_guard lock(mutex_);
  if (talking_) {
    ++turned_away_;
    return Error{ErrorKind::full, fmt::format("{} is talking already", last_->client)};
  }
  talking_ = true;
  ++talks_;
  last_ = std::make_shared<Talk>(client, track, ordered);
  return std::unique_ptr<media::RtspHearing>(std::make_unique<Hearing>(shared_from_this(), last_));
}

json::object Loudspeaker::status() const {
  const std::lock_guard lock(mutex_);
  json::object status{{"talking", talking_}, {"talks", talks_}, {"turned_away", turned_away_}};
  if (!last_) return status;
  last_->receiver.expire(clock_.now());
  const auto received = last_->receiver.stats();
  const auto tone = tone_of(last_->recent, last_->codec);
  status["client"] = last_->client;
  status["coding"] = media::to_string(last_->codec);
  status["transport"] = last_->ordered ? "tcp" : "udp";
  status["packets"] = received.packets;
  status["lost"] = received.lost;
  status["strange"] = received.malformed + received.foreign_payload + received.strangers;
  status["heard_ms"] = last_->samples * 1000 / sample_rate;
  status["most_ahead_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(last_->most_ahead).count();
  status["sha256"] = value_of(last_->digest);
  status["tone_hz"] = tone ? json::value(*tone) : json::value();
  return status;
}

}  // namespace watchrig::camera
