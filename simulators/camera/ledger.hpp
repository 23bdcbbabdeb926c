#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "simulators/camera/unit_book.hpp"

namespace watchrig::camera {

/// What one camera really did with the units of one track: the source's book, shared with the other cameras,
/// and this camera's own marks beside it. Bounded to max_units. Any thread.
class Ledger {
 public:
  struct Entry {
    UnitRecord unit;
    std::uint32_t sent = 0;    ///< sessions to whose sockets all its packets were handed
    std::uint32_t harmed = 0;  ///< packets of it that faults lost or corrupted, over all sessions
  };

  Ledger(std::shared_ptr<const UnitBook> book, UnitGrid grid);

  std::uint64_t index_at(base::UtcTime captured) const { return grid_.index_at(captured); }

  /// This camera sends another unit than the source's shared one in this place (a bitrate burst).
  void replace(const UnitRecord& record);
  /// A session took all packets of the unit; those that a fault keeps back are told by broken().
  void handed(std::uint64_t index);
  /// A session misses packets of a unit that it was or will be handed: it does not count as sent. Once a
  /// session and unit.
  void broken(std::uint64_t index);
  void harmed(std::uint64_t index, std::uint32_t packets);

  /// The units captured from `from` up to before `to`, those that nobody watched included.
  std::vector<Entry> entries(base::UtcTime from, base::UtcTime to) const;

 private:
  struct Marks {
    std::uint16_t handed = 0;
    std::uint16_t broken = 0;
    std::uint16_t harmed = 0;
  };
  Marks* marks_at(std::uint64_t index);

  const std::shared_ptr<const UnitBook> book_;
  const UnitGrid grid_;
  mutable std::mutex mutex_;
  std::deque<Marks> marks_;  ///< of the units from first_ on
  std::uint64_t first_ = 0;
  std::map<std::uint64_t, UnitRecord> replaced_;
};

/// A JSON array of {"index","time","rtp","size","key","digest","sent","harmed"}.
std::string to_json(const std::vector<Ledger::Entry>& entries);

}  // namespace watchrig::camera
