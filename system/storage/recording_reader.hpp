#pragma once

#include <memory>
#include <optional>

#include "system/media/access_unit.hpp"

namespace watchrig::storage {

/// A unit read back, every field as it was recorded.
struct RecordedUnit {
  media::AccessUnitPtr unit;
  std::shared_ptr<const media::Presentation> presentation;  ///< the same object as long as it does not change
  /// Recording was interrupted before this unit, a damaged chunk was left out, or the presentation has
  /// changed: what follows does not need what came before.
  bool discontinuity = false;
};

/// The units of one stream in [from, to), from the key frame at or before `from` (units earlier than `from`
/// are there so that the first wanted picture can be decoded). Made by Storage::read(). One thread at a time;
/// it does not hold up recording. Chunks are checked as they are read; a damaged one is left out, announced
/// once as storage.damaged, and reading goes on at the next key frame.
class RecordingReader {
 public:
  struct State;
  explicit RecordingReader(std::unique_ptr<State> state);
  ~RecordingReader();
  RecordingReader(RecordingReader&&) noexcept;
  RecordingReader& operator=(RecordingReader&&) noexcept;

  /// The next unit, or nothing at the end. Reads from the disk: not for an input/output executor.
  std::optional<RecordedUnit> next();
  /// Up to when what was to be read has made room for newer recordings meanwhile, and was left out.
  std::optional<base::UtcTime> overwritten_until() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace watchrig::storage
