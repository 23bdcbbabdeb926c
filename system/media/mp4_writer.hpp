#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

/// Where an MP4 goes. The writer returns to places already written (box sizes), so a sink is addressed by
/// offset.
class Mp4Sink {
 public:
  virtual ~Mp4Sink() = default;
  /// `bytes` to `offset` from the start; may overwrite, may extend, leaves no holes. An error ends the
  /// writing.
  virtual base::Result<void> write_at(std::uint64_t offset, base::ByteView bytes) = 0;
};

/// A sink that keeps everything in memory, for short clips.
class Mp4MemorySink final : public Mp4Sink {
 public:
  base::Result<void> write_at(std::uint64_t offset, base::ByteView bytes) override;
  base::Bytes bytes;
};

/// Writes access units to a progressive MP4 (ISO/IEC 14496-12) without re-encoding video: each sample is
/// exactly the unit's payload, parameter sets and SEI included, under a 90 kHz track time scale with the
/// times of the units' `time`. The cut is exact by edit list (8.6.6): pictures from the key frame up to
/// `from` are in the file because decoding needs them, and are not shown; time 0 of the file is `from`. Gaps
/// become longer sample durations. AAC is copied, G.711 becomes AAC because no browser plays it in MP4. One
/// thread at a time; an error is final.
class Mp4Writer {
 public:
  struct Options {
    Presentation tracks;  ///< config may be empty for video whose key pictures carry the parameter sets
    base::UtcTime from;   ///< first instant shown
    base::UtcTime to;     ///< first instant not shown any more
  };
  struct Totals {
    std::uint64_t shown = 0;   ///< video units in [from, to)
    std::uint64_t hidden = 0;  ///< video units before `from`, written for decoding
    std::uint64_t skipped =
        0;  ///< units not written: before the first key picture, outside the cut, out of order
  };

  static base::Result<Mp4Writer> create(const std::filesystem::path& path, Options options);
  /// The sink outlives the writer.
  static base::Result<Mp4Writer> create(Mp4Sink& sink, Options options);
  Mp4Writer(Mp4Writer&&) noexcept;
  Mp4Writer& operator=(Mp4Writer&&) noexcept;
  ~Mp4Writer();  ///< a file that was not finished is incomplete, no MP4

  /// Units in storing order, the first video unit being the key picture at or before `from`. `time` rises
  /// within a track; a unit that does not is skipped, and so is one outside the cut.
  base::Result<void> write(const AccessUnit& unit);
  /// Completes the file. An error of kind not_found when nothing was inside the cut.
  base::Result<Totals> finish();

 private:
  struct State;
  explicit Mp4Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace watchrig::media
