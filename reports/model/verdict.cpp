#include "reports/model/verdict.hpp"

#include <algorithm>

namespace watchrig::reports {
namespace {

constexpr std::string_view names[] = {"pass",         "pass-with-note", "skip",
                                      "inconclusive", "fail",           "harness-error"};

}  // namespace

std::string_view to_string(Verdict verdict) { return names[static_cast<std::size_t>(verdict)]; }

std::optional<Verdict> parse_verdict(std::string_view text) {
  for (const Verdict verdict : all_verdicts) {
    if (to_string(verdict) == text) return verdict;
  }
  return std::nullopt;
}

Verdict worse(Verdict a, Verdict b) { return std::max(a, b); }

bool passed(Verdict verdict) { return verdict <= Verdict::pass_with_note; }

void VerdictTotal::add(Verdict verdict, std::string_view reason) {
  if (verdict < verdict_ || (verdict == verdict_ && !reason_.empty())) return;
  verdict_ = verdict;
  reason_ = reason;
}

}  // namespace watchrig::reports
