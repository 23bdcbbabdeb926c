#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include "system/central/certificates/trusted_authorities.hpp"
#include "system/central/event_log.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::central {

/// Keeps the name of the settings `ddns` leading to this network: tells the service once a period, and when
/// the page of the settings shows another address. Any thread.
///
/// What the service refuses ends it until the settings change (dyndns2: asking again would be abuse); when it
/// has trouble it is left alone for half an hour; after other failures it is asked again after a minute, then
/// after twice as long each time, at most a period. Its certificate must be signed by an authority of the
/// operating system or by one of TrustedAuthorities. Events: `ddns.updated` when the name leads here from now
/// on or to another address; `ddns.failed` when it does not any more, or for another reason.
class DdnsUpdate {
 public:
  struct Parts {
    const base::Clock& clock;
    Settings& settings;
    const TrustedAuthorities& authorities;
    EventLog& events;
  };
  /// All outlive it and the executor's last handler. `patience` is the real time for one answer.
  DdnsUpdate(const Parts& parts, boost::asio::any_io_executor executor,
             base::Duration patience = std::chrono::seconds(20));
  ~DdnsUpdate();
  DdnsUpdate(const DdnsUpdate&) = delete;
  DdnsUpdate& operator=(const DdnsUpdate&) = delete;

  /// {"state":"off|waiting|updated|failed|refused","type","server","domain","period_minutes","wan_address",
  /// "answer","last_update","last_attempt","next","reason","address_source_failure"}; what is not known is
  /// left out.
  boost::json::object status() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::central
