#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "simulators/scene/stream_source.hpp"
#include "simulators/scene/unit_producer.hpp"
#include "system/base/timer.hpp"

namespace watchrig::scene {

/// Lateness of the last units, for percentiles.
class LatenessWindow {
 public:
  void add(base::Duration lateness);
  void fill(SourceStats& stats) const;

 private:
  std::array<base::Duration, 1024> last_{};
  std::uint64_t count_ = 0;
  base::Duration max_{};
};

/// The inside of a StreamSource. The thread runs produce(); `mutex` guards readers, variants and statistics,
/// and is not held while encoding.
struct StreamSource::State {
  State(const base::Clock& c, StreamProfile p) : clock(c), profile(std::move(p)) {}

  struct Reader {
    Receiver receiver;
    double factor = 1;  ///< of the units that it gets
    double wanted = 1;
  };
  /// What one picture has become for the readers of one factor.
  struct Coded {
    double factor = 1;
    std::shared_ptr<media::VideoEncoder> encoder;
    bool force_key = false;
    EncodedUnitPtr unit;
  };

  /// What a unit has become for each factor in use, or why it cannot be made; empty when the source stops.
  using CodedUnit = base::Result<std::vector<Coded>>;

  void start();
  void stop();
  boost::asio::awaitable<void> produce();
  /// The coder's thread.
  void code_ahead();
  /// The unit that the coder has made, or is about to make.
  CodedUnit take_coded();
  CodedUnit code_unit(std::uint64_t index);
  /// One entry a factor in use, the shared one first.
  std::vector<Coded> encoders_in_use();
  base::Result<> code_picture(std::vector<Coded>& coded, std::uint64_t index, base::UtcTime captured);
  EncodedUnitPtr make_unit(std::uint64_t index, base::UtcTime captured, media::EncodedPicture picture,
                           SceneObjectsPtr objects = {}) const;
  void deliver(const std::vector<Coded>& coded, base::UtcTime captured);
  void forget_unused_variants();
  base::Result<> set_burst(std::uint64_t reader, double factor);
  media::VideoEncoderSettings encoder_settings(double factor) const;

  const base::Clock& clock;
  StreamProfile profile;
  std::string name;
  base::UtcTime started;
  std::uint32_t rtp_base = 0;
  media::Track track;
  std::unique_ptr<PictureSource> pictures;  ///< either these, coded by `shared`
  std::shared_ptr<media::VideoEncoder> shared;
  std::unique_ptr<UnitProducer> producer;  ///< or this
  std::atomic<bool> tells_objects{false};
  /// Whether what is shown depends on nothing but the time: then each unit is coded, by a thread of its own,
  /// as soon as the one before it goes out. That thread shares the processor as one that needs much of it;
  /// the one that hands units over needs little, and so gets it at once.
  bool ahead = false;

  mutable std::mutex mutex;
  std::map<std::uint64_t, Reader> readers;
  std::uint64_t next_reader = 1;
  std::map<double, std::shared_ptr<media::VideoEncoder>> variants;
  SourceStats stats;
  LatenessWindow lateness;

  boost::asio::io_context context{1};
  base::Timer timer{context.get_executor(), clock};
  std::atomic<bool> stopping{false};
  std::thread thread;

  std::mutex coding;
  std::condition_variable prepared_changed;
  std::optional<CodedUnit> prepared;  ///< under `coding`: the next unit
  std::thread coder;
};

}  // namespace watchrig::scene
