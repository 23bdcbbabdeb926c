#pragma once

#include "system/platform/typed_message.hpp"

namespace watchrig::platform {

inline constexpr const char* central_role = "central";  ///< CMU and SCU of H.626.4
inline constexpr const char* storage_role = "storage";  ///< NVR of H.626.4

/// central -> storage: the device's channels are to be relayed and recorded. H.626.4, 8.2. Answer:
/// `channels`, how many it has.
struct BindDevice {
  static constexpr std::string_view message_name = "bind_device";
  std::string device;
  bool continued = false;  ///< a recording that was interrupted goes on
};
BOOST_DESCRIBE_STRUCT(BindDevice, (), (device, continued))

/// central -> storage: these channels of the device are neither relayed nor recorded any more. H.626.4 has no
/// name for it.
struct UnbindDevice {
  static constexpr std::string_view message_name = "unbind_device";
  std::string device;
  std::vector<std::string> channels;
};
BOOST_DESCRIBE_STRUCT(UnbindDevice, (), (device, channels))

/// central -> storage: which stream of a channel is to be recorded. H.626.4, 8.7.2.1.
struct SetNvrRecordStrategy {
  static constexpr std::string_view message_name = "set_nvr_record_strategy";
  std::string channel;
  std::string stream;  ///< empty: none
};
BOOST_DESCRIBE_STRUCT(SetNvrRecordStrategy, (), (channel, stream))

/// storage -> central: what has happened to a channel, its state among it, or to the store, for the event
/// log. H.626.4, 8.8.
struct AlarmNotify {
  static constexpr std::string_view message_name = "alarm_notify";
  std::string type;  ///< of central::Event, like the others
  std::string channel;
  std::string channel_name;
  std::string cause;
  std::string message;
  boost::json::object data;
};
BOOST_DESCRIBE_STRUCT(AlarmNotify, (), (type, channel, channel_name, cause, message, data))

/// To each role: whether it still takes messages. H.626.4 has none between roles.
struct KeepAlive {
  static constexpr std::string_view message_name = "keep_alive";
};
BOOST_DESCRIBE_STRUCT(KeepAlive, (), ())

}  // namespace watchrig::platform
