#include "simulators/kernel/dice.hpp"

namespace watchrig::kernel {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t absorb(std::uint64_t key, std::string_view text) {
  for (const char c : text) key = mix(key ^ static_cast<unsigned char>(c));
  return mix(key ^ text.size() << 8);
}

}  // namespace

Dice::Dice(std::uint64_t seed, std::string_view device, std::string_view purpose)
    : key_(absorb(absorb(mix(seed), device), purpose)) {}

std::uint64_t Dice::bits(std::uint64_t major, std::uint64_t minor, std::uint64_t draw) const {
  return mix(mix(mix(key_ ^ major) ^ minor) ^ draw);
}

bool Dice::hits(double rate, std::uint64_t major, std::uint64_t minor, std::uint64_t draw) const {
  constexpr double unit = 1.0 / 9007199254740992.0;  // 2^-53: as many bits as a double holds exactly
  return static_cast<double>(bits(major, minor, draw) >> 11) * unit < rate;
}

}  // namespace watchrig::kernel
