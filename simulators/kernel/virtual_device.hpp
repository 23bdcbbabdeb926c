#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "simulators/kernel/fault.hpp"

namespace watchrig::kernel {

/// A virtual device of any kind, as the rig process and its control interface see it. Any thread may call
/// every function between start() and stop(); destruction follows stop().
class VirtualDevice {
 public:
  /// The query of a ledger request, for example stream, track, from and to.
  using Query = std::map<std::string, std::string>;

  virtual ~VirtualDevice() = default;

  virtual const std::string& id() const = 0;
  virtual std::string_view kind() const = 0;

  /// Begins to answer on the network. The message of an error names the device.
  virtual base::Result<void> start() = 0;
  virtual void stop() = 0;
  /// Whether a peer is still connected, also after stop().
  virtual bool connected() const = 0;

  /// How to reach it: its entry in the ready line.
  virtual boost::json::object description() const = 0;
  /// How it is now: connections, faults, streams.
  virtual boost::json::object status() const = 0;

  /// Something happens to it that is no fault, such as a contact that closes; the state that it then has. On
  /// the thread of the control interface. Errors: invalid, unsupported (nothing can happen to this kind).
  virtual base::Result<boost::json::object> change(const boost::json::value& state);

  /// Puts a fault in force (parse_fault() says what is wrong with it) and gives it as it is now.
  virtual base::Result<boost::json::object> inject(const boost::json::value& fault) = 0;
  /// Ends one fault; error not_found.
  virtual base::Result<void> withdraw(std::string_view fault_id) = 0;
  /// Ends all and says how many there were.
  virtual std::size_t withdraw_all() = 0;
  /// Active faults and the schedule that happened; see FaultBoard::to_json().
  virtual boost::json::object faults() const = 0;

  /// What the device really did, as JSON text (it may be tens of megabytes). Errors: invalid, not_found.
  virtual base::Result<std::string> ledger(const Query& query) const = 0;
};

}  // namespace watchrig::kernel
