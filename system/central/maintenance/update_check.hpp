#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include "system/central/certificates/trusted_authorities.hpp"
#include "system/central/event_log.hpp"
#include "system/central/maintenance/update_feed.hpp"

namespace watchrig::central {

/// Reads the feed of the settings `updates` once a period and when they change. A feed that cannot be read
/// does no harm but that nothing newer is known. Event: `system.update-available`, once for each newer
/// version of the server. Any thread.
class UpdateCheck {
 public:
  struct Parts {
    const base::Clock& clock;
    Settings& settings;
    const TrustedAuthorities& authorities;
    EventLog& events;
    ProgramVersion own;
  };
  /// All outlive it and the executor's last handler. `patience` is the real time for one answer.
  UpdateCheck(const Parts& parts, boost::asio::any_io_executor executor,
              base::Duration patience = std::chrono::seconds(20));
  ~UpdateCheck();
  UpdateCheck(const UpdateCheck&) = delete;
  UpdateCheck& operator=(const UpdateCheck&) = delete;

  /// {"state":"off|waiting|newest|newer|failed","running","server":{"version","notes","url","newer"},
  /// "client":{"version","notes","url"},"checked","reason"}; what is not known is left out. Of clients the
  /// newest version is told, which each compares with its own.
  boost::json::object status() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::central
