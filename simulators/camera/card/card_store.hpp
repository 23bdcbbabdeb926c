#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "simulators/camera/broadcast.hpp"
#include "simulators/camera/ledger.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::camera {

/// Whether a camera's card is there, and works.
enum class CardState : std::uint8_t { inserted, removed, failed };
std::string_view to_string(CardState state);
std::optional<CardState> card_state(std::string_view name);

/// The card on which a camera records what it sends or would send: one recording, whose oldest units make
/// room for new ones, or that stops when the card is full. Units are shared with the camera's streams, so a
/// card costs the memory that holds on to them. Any thread.
class CardStore {
 public:
  struct Options {
    std::uint64_t bytes = 0;  ///< of payload
    bool stops_when_full = false;
  };
  /// What was recorded without a hole and without a change of its coding.
  struct Section {
    std::uint64_t number = 0;
    media::Presentation tracks;
    base::UtcTime from, to;  ///< capture of the first unit and of the last
    std::uint64_t bytes = 0;
  };
  struct Unit {
    std::uint64_t number = 0;  ///< counts all units that the card has ever had
    std::uint64_t section = 0;
    TrackRole role{};
    scene::EncodedUnitPtr unit;
    std::shared_ptr<Ledger> ledger;
  };

  explicit CardStore(const Options& options) : options_(options) {}

  /// From now on units are of these tracks; the ledgers, one a track, note what is read.
  void begin(media::Presentation tracks, std::vector<std::shared_ptr<Ledger>> ledgers);
  void add(TrackRole role, const scene::EncodedUnitPtr& unit);
  /// Without power, or by order, nothing is recorded. On return a new section begins.
  void pause(bool on);
  /// The other reason, on its own: the job that records is idle.
  void set_job(bool active);
  bool job_active() const;
  /// All that is on it.
  void erase();
  void set_state(CardState state);
  CardState state() const;
  bool recording() const;

  /// Oldest first; none while the card cannot be read.
  std::vector<Section> sections() const;
  std::uint64_t used_bytes() const;
  std::uint64_t capacity() const { return options_.bytes; }

  /// The number of the newest key picture at or before that time, or else of the first one there is; nothing
  /// where none is recorded, or the card cannot be read.
  std::optional<std::uint64_t> find(base::UtcTime time) const;
  /// The number of the newest key picture before the unit with that number.
  std::optional<std::uint64_t> key_before(std::uint64_t number) const;
  /// The first unit with that number or a higher one.
  std::optional<Unit> at(std::uint64_t number) const;

 private:
  bool recording_locked() const;
  void drop_oldest();

  const Options options_;
  mutable std::mutex mutex_;
  media::Presentation tracks_;
  std::vector<std::shared_ptr<Ledger>> ledgers_;
  std::deque<Section> sections_;
  std::deque<Unit> units_;
  std::uint64_t next_unit_ = 1, next_section_ = 1;
  std::uint64_t used_ = 0;
  bool fresh_ = true;  ///< the next unit begins a section
  bool paused_ = false, job_ = true;
  CardState state_ = CardState::inserted;
};

}  // namespace watchrig::camera
