#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::devices {

/// Who was refused lately, and which refusals are worth telling of: whoever tries again and again, as one or
/// as many, is not to fill the log. No thread safety.
class RefusalBook {
 public:
  static constexpr std::size_t most = 100;                              ///< remembered, of as many ids
  static constexpr base::Duration repeated = std::chrono::minutes(10);  ///< then it is told of again
  static constexpr std::size_t most_told = 30;                          ///< a minute
  static constexpr base::Duration minute = std::chrono::minutes(1);

  struct Refused {
    std::string device_id;
    std::string source;
    std::string reason;
    base::UtcTime time;
    std::uint64_t attempts = 0;  ///< with this outcome
  };

  /// Whether it is to be told of.
  bool note(const std::string& device_id, const std::string& source, const std::string& reason,
            base::UtcTime now);
  /// It was let in.
  void forget(const std::string& device_id);
  /// The newest of each id, oldest first.
  std::vector<Refused> refused() const;

 private:
  struct Entry {
    Refused shown;
    std::optional<base::UtcTime> told;
  };
  bool may_tell(base::UtcTime now);

  std::deque<Entry> entries_;
  base::UtcTime minute_began_{};
  std::size_t told_in_minute_ = 0;
};

}  // namespace watchrig::devices
