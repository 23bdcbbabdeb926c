#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::kernel {

/// The fault verbs, the same for every kind of device (which may know only some of them).
enum class Verb : std::uint8_t {
  power_cut,    ///< the device vanishes without a goodbye, and returns after `for`
  reset,        ///< all its connections are reset once
  stall,        ///< connections stay and carry nothing
  lose,         ///< packets vanish: rate
  corrupt,      ///< packets have a bit flipped: rate
  duplicate,    ///< packets come twice: rate
  reorder,      ///< packets come up to `depth` packets late: rate, depth
  delay,        ///< packets come later: by
  burst,        ///< the bitrate is multiplied: factor
  clock_jump,   ///< the device's clock is off: by
  clock_drift,  ///< the device's clock runs fast: rate, in parts per million
  lie,          ///< the device breaks its standard: what
};

std::string_view to_string(Verb verb);

/// One fault that was asked for. Parameters that its verb does not take keep their defaults.
struct Fault {
  std::string id;  ///< "f1", "f2", … within the device
  Verb verb{};
  std::string stream;  ///< empty: every stream of the device
  std::optional<base::Duration> lasts;
  double rate = 0;
  unsigned depth = 3;
  base::Duration by{};
  double factor = 1;
  std::string what;
  base::UtcTime begin;
  std::optional<base::UtcTime> end;  ///< known when `for` was given, or once it is over
  bool ended = false;                ///< its end is in the schedule

  /// Whether it harms what belongs to this stream and this instant. An access unit is judged by the instant
  /// of its capture, so that the speed of encoder and network does not decide whom a fault meets.
  bool covers(std::string_view name, base::UtcTime time) const {
    return (stream.empty() || stream == name) && time >= begin && (!end || time < *end);
  }
};

/// What a kind of device takes: its verbs, its streams and its lies.
struct FaultForms {
  std::span<const Verb> verbs;
  std::vector<std::string> streams;
  std::span<const std::string_view> lies;
};

/// Reads `{"verb":"lose","stream":"main","rate":0.02,"for":"5s"}`. Durations are texts (`"250ms"`). Refuses
/// unknown verbs, parameters that the verb does not take, missing ones and values out of range, naming the
/// parameter and its range.
base::Result<Fault> parse_fault(const boost::json::value& json, const FaultForms& forms);

/// What parse_fault() has read, with `id` and `begin`.
boost::json::object to_json(const Fault& fault);
/// The parameters in one line for a person: `main, rate 0.02, for 5s`.
std::string describe(const Fault& fault);

}  // namespace watchrig::kernel
