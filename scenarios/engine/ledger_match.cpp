#include "scenarios/engine/ledger_match.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace watchrig::scenarios {

namespace {

using reports::Verdict;
using Positions = std::unordered_map<std::string_view, std::vector<std::size_t>>;

constexpr std::size_t none = SIZE_MAX;

Positions index_of(std::span<const LedgerUnit> ledger) {
  Positions positions;
  for (std::size_t i = 0; i < ledger.size(); ++i) positions[ledger[i].digest].push_back(i);
  return positions;
}

std::size_t first_at_or_after(const std::vector<std::size_t>& positions, std::size_t cursor) {
  const auto found = std::ranges::lower_bound(positions, cursor);
  return found == positions.end() ? none : *found;
}

std::vector<bool> due_units(std::span<const LedgerUnit> ledger, base::UtcTime until) {
  std::vector<bool> due(ledger.size());
  bool usable = true;
  for (std::size_t i = 0; i < ledger.size(); ++i) {
    const auto& unit = ledger[i];
    const bool whole = unit.sent > 0 && unit.harmed == 0;
    usable = whole && (usable || unit.key);
    due[i] = usable && unit.time < until;
  }
  return due;
}

base::UtcTime time_behind(std::span<const LedgerUnit> ledger, std::size_t position) {
  if (position < ledger.size()) return ledger[position].time;
  // Behind the last unit, one more interval as long as the one before it.
  const auto last = ledger.size() - 1;
  return last == 0 ? ledger[0].time : ledger[last].time + (ledger[last].time - ledger[last - 1].time);
}

/// Runs of positions within [begin, end) that have the property.
template <class Property>
std::vector<LedgerRun> runs(std::span<const LedgerUnit> ledger, std::size_t begin, std::size_t end,
                            const Property& property) {
  std::vector<LedgerRun> result;
  for (std::size_t i = begin; i < end; ++i) {
    if (!property(i)) continue;
    const bool continues = !result.empty() && result.back().first + result.back().count == i;
    if (!continues) result.push_back({i, 0, ledger[i].time, {}});
    auto& run = result.back();
    ++run.count;
    run.length = time_behind(ledger, i + 1) - run.begin;
  }
  return result;
}

base::Duration total(const std::vector<LedgerRun>& list) {
  return std::accumulate(list.begin(), list.end(), base::Duration{},
                         [](base::Duration sum, const LedgerRun& run) { return sum + run.length; });
}

std::string seconds(base::Duration duration) {
  return fmt::format("{:.3f} s", std::chrono::duration<double>(duration).count());
}

std::string describe_runs(std::span<const LedgerUnit> ledger, const std::vector<LedgerRun>& list) {
  constexpr std::size_t shown = 3;
  std::vector<std::string> texts;
  for (const auto& run : list) {
    if (texts.size() == shown) {
      texts.push_back(fmt::format("{} more", list.size() - shown));
      break;
    }
    texts.push_back(fmt::format("units {} to {} ({} from {})", ledger[run.first].index,
                                ledger[run.first + run.count - 1].index, seconds(run.length),
                                base::format_utc(run.begin)));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

LedgerMatch match_ledger(std::span<const LedgerUnit> ledger, std::span<const std::string> found,
                         base::UtcTime near, base::UtcTime due_until) {
  LedgerMatch match;
  const auto positions = index_of(ledger);
  std::vector<bool> seen(ledger.size());
  std::size_t cursor = static_cast<std::size_t>(
      std::ranges::lower_bound(ledger, near, {}, &LedgerUnit::time) - ledger.begin());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto candidates = positions.find(found[i]);
    if (candidates == positions.end()) {
      if (match.foreign++ == 0) match.first_foreign = i;
      continue;
    }
    auto position = first_at_or_after(candidates->second, cursor);
    if (position == none && match.matched == 0) position = candidates->second.front();
    if (position == none) {
      ++match.out_of_order;
      continue;
    }
    if (match.matched++ == 0) match.first = position;
    match.last = position;
    seen[position] = true;
    cursor = position + 1;
  }
  if (match.matched == 0) return match;
  const auto due = due_units(ledger, due_until);
  match.holes = runs(ledger, match.first, match.last, [&](std::size_t i) { return !seen[i]; });
  match.lost = runs(ledger, match.first, ledger.size(), [&](std::size_t i) { return !seen[i] && due[i]; });
  return match;
}

Outcome judge_match(std::span<const LedgerUnit> ledger, const LedgerMatch& match,
                    const MatchExpectation& expected) {
  if (ledger.empty()) return {Verdict::inconclusive, "the camera's ledger has no access unit of that time"};
  if (match.matched == 0) {
    return {Verdict::fail,
            fmt::format("none of the camera's {} access units was found{}", ledger.size(),
                        match.foreign > 0 ? fmt::format(", but {} others", match.foreign) : "")};
  }
  std::vector<std::string> wrong;
  if (expected.bit_exact && match.foreign > 0) {
    wrong.push_back(fmt::format("{} access units are not what the camera sent (the first is number {})",
                                match.foreign, match.first_foreign.value_or(0)));
  }
  if (expected.bit_exact && match.out_of_order > 0) {
    wrong.push_back(fmt::format("{} access units come twice or out of order", match.out_of_order));
  }
  if (const auto lost = total(match.lost); lost > expected.lost_at_most) {
    wrong.push_back(fmt::format("{} of what the camera sent is lost, {} may be: {}", seconds(lost),
                                seconds(expected.lost_at_most), describe_runs(ledger, match.lost)));
  }
  const auto longest = std::ranges::max_element(match.holes, {}, &LedgerRun::length);
  if (expected.max_gap && longest != match.holes.end() && longest->length > *expected.max_gap) {
    wrong.push_back(fmt::format("a gap of {} at {}, {} may be", seconds(longest->length),
                                base::format_utc(longest->begin), seconds(*expected.max_gap)));
  }
  const auto covered = time_behind(ledger, match.last + 1) - ledger[match.first].time;
  if (expected.covering && covered < *expected.covering) {
    wrong.push_back(fmt::format("it covers {}, not {}", seconds(covered), seconds(*expected.covering)));
  }
  if (!wrong.empty()) return {Verdict::fail, fmt::format("{}", fmt::join(wrong, "; "))};
  return {Verdict::pass,
          fmt::format("{} access units over {}, {} missing in {} gaps, {} of them lost", match.matched,
                      seconds(covered),
                      std::accumulate(match.holes.begin(), match.holes.end(), std::size_t{0},
                                      [](std::size_t sum, const auto& run) { return sum + run.count; }),
                      match.holes.size(), seconds(total(match.lost)))};
}

}  // namespace watchrig::scenarios
