#include <algorithm>
#include <cmath>

#include "reports/model/comparison.hpp"

namespace watchrig::reports {

double mann_whitney(const std::vector<double>& a, const std::vector<double>& b) {
  struct Entry {
    double value;
    bool of_a;
  };
  std::vector<Entry> entries;
  entries.reserve(a.size() + b.size());
  for (const double value : a) entries.push_back({value, true});
  for (const double value : b) entries.push_back({value, false});
  std::erase_if(entries, [](const Entry& entry) { return !std::isfinite(entry.value); });
  std::ranges::sort(entries, {}, &Entry::value);

  const auto total = static_cast<double>(entries.size());
  const auto count_a = static_cast<double>(std::ranges::count(entries, true, &Entry::of_a));
  const double count_b = total - count_a;
  if (count_a == 0 || count_b == 0) return 1;

  double rank_sum = 0;
  double ties = 0;
  for (std::size_t i = 0; i < entries.size();) {
    std::size_t end = i;
    while (end < entries.size() && entries[end].value == entries[i].value) ++end;
    const auto size = static_cast<double>(end - i);
    const double rank = static_cast<double>(i) + (size + 1) / 2;
    for (; i < end; ++i) rank_sum += entries[i].of_a ? rank : 0;
    ties += size * size * size - size;
  }
  const double u = rank_sum - count_a * (count_a + 1) / 2;
  const double mean = count_a * count_b / 2;
  const double variance = count_a * count_b / 12 * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  const double z = std::max(0.0, std::abs(u - mean) - 0.5) / std::sqrt(variance);
  return std::erfc(z / std::sqrt(2.0));
}

}  // namespace watchrig::reports
