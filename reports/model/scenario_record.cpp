#include "reports/model/scenario_record.hpp"

#include <algorithm>
#include <iterator>

namespace watchrig::reports {
namespace {

constexpr std::string_view tones[] = {"plain", "good", "warning", "bad"};

}  // namespace

std::string_view to_string(Tone tone) { return tones[static_cast<std::size_t>(tone)]; }

std::optional<Tone> parse_tone(std::string_view text) {
  const auto found = std::find(std::begin(tones), std::end(tones), text);
  if (found == std::end(tones)) return std::nullopt;
  return static_cast<Tone>(found - std::begin(tones));
}

}  // namespace watchrig::reports
