#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace watchrig::reports {

/// What a step, measurement, scenario or run came to, in the order in which a verdict may only get worse.
/// A skip ranks between the passes and the rest: whoever contains something skipped has not passed, and
/// anything that did go wrong is more worth knowing.
enum class Verdict {
  pass,
  pass_with_note,  ///< passed, and there is something that a person should read
  skip,            ///< did not run; the reason says why, and it stays in the denominator
  inconclusive,    ///< ran, but proves nothing either way (no sample, precondition not met)
  fail,            ///< the system under test broke an expectation
  harness_error,   ///< the harness or its environment broke, so nothing is known about the system under test
};

inline constexpr std::array all_verdicts{Verdict::pass, Verdict::pass_with_note,
                                         Verdict::skip, Verdict::inconclusive,
                                         Verdict::fail, Verdict::harness_error};

/// `pass`, `pass-with-note`, `skip`, `inconclusive`, `fail`, `harness-error`.
std::string_view to_string(Verdict verdict);
std::optional<Verdict> parse_verdict(std::string_view text);

/// The worse of the two.
Verdict worse(Verdict a, Verdict b);

/// Pass or pass-with-note.
bool passed(Verdict verdict);

/// Gathers verdicts; the total only gets worse. It keeps the reason that came first with the worst verdict,
/// because the first cause explains and later ones follow from it.
class VerdictTotal {
 public:
  /// The reason is a sentence for a person; it may be empty only for a pass.
  void add(Verdict verdict, std::string_view reason = {});

  Verdict verdict() const { return verdict_; }
  const std::string& reason() const { return reason_; }

 private:
  Verdict verdict_ = Verdict::pass;
  std::string reason_;
};

}  // namespace watchrig::reports
