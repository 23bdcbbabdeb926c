#pragma once

#include <cstdint>
#include <string_view>

namespace watchrig::kernel {

/// Random decisions that can be replayed. A decision depends on the scenario's seed, the device, the purpose
/// (the fault's verb) and the number of the thing decided upon, and on nothing else: not on how many
/// decisions came before, on threads or on time. So the same seed harms the same packets of the same access
/// units in every run. Any thread.
class Dice {
 public:
  Dice(std::uint64_t seed, std::string_view device, std::string_view purpose);

  /// 64 evenly distributed bits for the thing numbered (major, minor); `draw` tells several draws for one
  /// thing apart.
  std::uint64_t bits(std::uint64_t major, std::uint64_t minor = 0, std::uint64_t draw = 0) const;
  /// True for `rate` (0 to 1) of all things.
  bool hits(double rate, std::uint64_t major, std::uint64_t minor = 0, std::uint64_t draw = 0) const;

 private:
  std::uint64_t key_;
};

}  // namespace watchrig::kernel
