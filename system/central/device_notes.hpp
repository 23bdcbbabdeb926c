#pragma once

#include <functional>

#include "system/platform/typed_message.hpp"

namespace watchrig::central {

/// What devices are asked and told, what they tell, and what clients ask, as the message trace has it. A
/// device is no role: it is spoken to by its own protocol, and one that is slow must not hold up the queue of
/// the others. Once devices are kept by a process of its own, this is where its role is asked in place of
/// noting. Any thread.
class DeviceNotes {
 public:
  /// From now on; before, nothing is noted. The bus outlives it.
  void follow(platform::MessageBus& bus) { bus_ = &bus; }

  /// Notes that the device is told so, because of that request; empty: of none. Answers are noted by what it
  /// returns.
  template <class Body>
  platform::Message sent(const std::string& device, std::string correlation, const Body& body) {
    return begin(platform::to_message("central", device, body), std::move(correlation));
  }
  /// Notes what came by another protocol: of a device to central, of a client (`cu`) to central. The same
  /// message with its correlation, for its answer and for what follows from it.
  platform::Message heard(platform::Message message, std::string correlation) {
    return begin(std::move(message), std::move(correlation));
  }
  void answered(const platform::Message& sent, const base::Result<boost::json::object>& answer);

  /// Told of each question that a protocol's client asks; what it returns, what became of it.
  using Answered = std::function<void(const base::Result<>& done)>;
  using Watch = std::function<Answered(const std::string& operation)>;
  /// Notes the operations of ONVIF as query_pu_params, set_pu_params and reset_device of H.626.4. Questions
  /// that no request has caused (the server asks devices all the time) and subscriptions are left out. It
  /// outlives the watch.
  Watch watch(std::string device, std::string correlation);
  /// The same of what changes a device alone, for rounds of the server that ask many.
  Watch watch_changes(std::string device, std::string correlation);

 private:
  Watch watch(std::string device, std::string correlation, bool questions);
  platform::Message begin(platform::Message message, std::string correlation);

  platform::MessageBus* bus_ = nullptr;
};

}  // namespace watchrig::central
