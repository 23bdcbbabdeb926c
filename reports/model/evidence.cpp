#include "reports/model/evidence.hpp"

#include <algorithm>
#include <iterator>

namespace watchrig::reports {
namespace {

constexpr std::string_view names[] = {"log",   "still",   "video",  "capture", "bytes",
                                      "trace", "metrics", "ledger", "other"};

}  // namespace

std::string_view to_string(EvidenceKind kind) { return names[static_cast<std::size_t>(kind)]; }

std::optional<EvidenceKind> parse_evidence_kind(std::string_view text) {
  const auto found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<EvidenceKind>(found - std::begin(names));
}

}  // namespace watchrig::reports
