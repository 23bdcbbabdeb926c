#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"

namespace watchrig::devices {

/// What is learnt of a device from how its sessions begin and end, for the sessions to come. Told are quirks,
/// by names of media::rtsp_quirks. Times are the caller's; belongs to one executor.
class SessionHistory {
 public:
  using Tell = std::function<void(std::string_view name, const std::string& detail)>;
  /// A session that delivered pictures and has ended.
  struct End {
    base::Duration age{};
    bool by_device = false;              ///< it closed the connection
    std::string keep_alive;              ///< the method that was used
    bool keep_alive_unanswered = false;  ///< and waited for its answer in the end
    bool silent = false;                 ///< nothing came any more; the age is that of the last sign of it
    base::Duration timeout{};            ///< that the device announced
  };

  explicit SessionHistory(Tell tell) : tell_(std::move(tell)) {}

  /// Pictures come. The device had refused the password just before, or had not.
  void began(base::UtcTime now);
  /// The session under way has become so old.
  void lives(base::Duration age);
  void ended(const End& end, base::UtcTime now);
  /// It could not begin because the password was refused.
  void denied(base::UtcTime now);
  /// It could not begin because the device has no room for it. True: it holds sessions of ours that have
  /// ended.
  bool has_no_room(base::UtcTime now);

  /// The method by which the next session is to be kept alive; empty: as the device offers.
  const std::string& keep_alive() const { return keep_alive_; }
  /// The last session has ended as those before it do by themselves: the next one is due at once.
  bool ended_as_usual() const { return as_usual_; }
  /// Its sessions end by silence, so that a short one tells.
  bool falls_silent() const { return falls_silent_; }

 private:
  struct Suspicion {
    std::string_view name;
    std::string detail;
    base::Duration age{};  ///< at which a session ended because of it
  };
  std::optional<Suspicion> suspicion_about(const End& end) const;
  void fell_silent(base::Duration age);

  const Tell tell_;
  std::optional<base::Duration> last_age_;      ///< of a session that the device ended
  std::optional<base::Duration> last_silence_;  ///< the age at which a session fell silent
  bool as_usual_ = false, falls_silent_ = false;
  std::string keep_alive_;
  bool tried_other_ = false;
  std::optional<Suspicion> suspicion_;
  std::optional<base::UtcTime> last_end_, denied_since_;
  std::uint32_t denials_ = 0;
};

}  // namespace watchrig::devices
