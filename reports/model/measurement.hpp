#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "reports/model/verdict.hpp"
#include "system/base/result.hpp"

namespace watchrig::reports {

/// Of a set of samples, in the unit of its measurement. All zero when count is.
struct Statistics {
  std::uint64_t count = 0;
  double min = 0;
  double median = 0;
  double mean = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;

  bool operator==(const Statistics&) const = default;
};
BOOST_DESCRIBE_STRUCT(Statistics, (), (count, min, median, mean, p95, p99, max))

/// Percentiles are by nearest rank: the smallest sample that at least that share of all samples do not
/// exceed, so with few samples p95 and p99 are the maximum. Samples that are not finite are left out.
Statistics statistics_of(std::vector<double> samples);

/// One condition of a limit, its bound in the unit of the measurement.
struct Limit {
  enum class Comparison { below, at_most, above, at_least, equal };

  std::string statistic;  ///< count, min, median, mean, p95, p99 or max
  Comparison comparison = Comparison::below;
  double bound = 0;
  std::string text;  ///< as written, without outer spaces

  bool holds(const Statistics& statistics) const;
};

/// Parses `p95 < 3s` or several conditions that must all hold, `median <= 40ms, max < 0.1s`. A condition
/// without a statistic holds for every sample. The bound may use any unit of the same quantity as `unit`
/// (times ns us ms s min h d; sizes B kB MB GB TB KiB MiB GiB TiB; rates bps kbps Mbps Gbps; shares % ppm);
/// no unit means that of the measurement. Invalid: unknown statistic or comparison, no number, a unit of
/// another quantity.
base::Result<std::vector<Limit>> parse_limits(std::string_view text, std::string_view unit);

/// A value in one unit as a value in another. Invalid when the two are not of one quantity.
base::Result<double> convert_unit(double value, std::string_view from, std::string_view to);

/// A value to read: three significant digits and a fitting unit of the same quantity, `1.25 s`, `40 ms`, `3
/// frames`.
std::string format_quantity(double value, std::string_view unit);

/// Something counted or timed, and how it was judged.
struct Measurement {
  std::string name;
  std::string unit;  ///< one that parse_limits() knows, or any other word (`frames`); empty: a plain number
  std::vector<double> samples;  ///< in the order taken; may stay empty when only statistics are known
  std::string limit;            ///< in the language of parse_limits(); empty: measured only
  Statistics statistics;        ///< filled by judge(), or by whoever has no samples to give
  Verdict verdict = Verdict::pass;
  std::string message;  ///< why, when the verdict is not a pass

  /// Computes the statistics from the samples (if there are any), then verdict and message from the limit:
  /// fail when a condition does not hold, inconclusive when there is a limit and no sample, harness-error
  /// when it cannot be parsed.
  void judge();
};
BOOST_DESCRIBE_STRUCT(Measurement, (), (name, unit, limit, verdict, message, statistics, samples))

}  // namespace watchrig::reports
