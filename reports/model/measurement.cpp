#include "reports/model/measurement.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::reports {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using Comparison = Limit::Comparison;

struct Field {
  std::string_view name;
  double Statistics::*value;
};
constexpr Field fields[] = {{"min", &Statistics::min},   {"median", &Statistics::median},
                            {"mean", &Statistics::mean}, {"p95", &Statistics::p95},
                            {"p99", &Statistics::p99},   {"max", &Statistics::max}};

/// Longer signs first, because `<` begins `<=` too.
constexpr std::pair<std::string_view, Comparison> signs[] = {
    {"<=", Comparison::at_most}, {">=", Comparison::at_least}, {"==", Comparison::equal},
    {"<", Comparison::below},    {">", Comparison::above},     {"=", Comparison::equal}};

double value_of(const Statistics& statistics, std::string_view name) {
  if (name == "count") return static_cast<double>(statistics.count);
  for (const Field& field : fields) {
    if (field.name == name) return statistics.*field.value;
  }
  return std::nan("");
}

bool compare(double value, Comparison comparison, double bound) {
  switch (comparison) {
    case Comparison::below:
      return value < bound;
    case Comparison::at_most:
      return value <= bound;
    case Comparison::above:
      return value > bound;
    case Comparison::at_least:
      return value >= bound;
    case Comparison::equal:
      return value == bound;
  }
  return false;
}

/// The statistic that stands for every sample.
std::string_view strictest(Comparison comparison) {
  return comparison == Comparison::above || comparison == Comparison::at_least ? "min" : "max";
}

Result<Limit> parse_condition(std::string_view text, std::string_view unit) {
  const auto invalid = [&](std::string_view what) {
    return Error{
        ErrorKind::invalid,
        fmt::format("limit \"{}\": {}; write for example \"p95 < 3s\" or \"median <= 40ms\"", text, what)};
  };
  const auto at = text.find_first_of("<>=");
  if (at == std::string_view::npos) return invalid("no comparison");
  const auto sign =
      std::ranges::find_if(signs, [&](const auto& s) { return text.substr(at).starts_with(s.first); });
  Limit limit;
  limit.text = base::trim(text);
  limit.comparison = sign->second;
  limit.statistic = base::trim(text.substr(0, at));
  if (limit.statistic.empty() && limit.comparison == Comparison::equal)
    return invalid("\"=\" needs a statistic");
  if (limit.statistic.empty()) limit.statistic = strictest(limit.comparison);
  if (limit.statistic != "count" && std::isnan(value_of(Statistics{}, limit.statistic))) {
    return invalid(fmt::format("\"{}\" is none of count, min, median, mean, p95, p99, max", limit.statistic));
  }
  const std::string_view bound = base::trim(text.substr(at + sign->first.size()));
  const auto digits = std::min(bound.find_first_not_of("0123456789.-+"), bound.size());
  const auto number = base::parse_number<double>(bound.substr(0, digits));
  if (!number || !std::isfinite(*number))
    return invalid(fmt::format("\"{}\" does not begin with a number", bound));
  const std::string_view bound_unit = base::trim(bound.substr(digits));
  limit.bound = *number;
  if (limit.statistic == "count")
    return bound_unit.empty() ? Result<Limit>(limit) : invalid("a count has no unit");
  if (!bound_unit.empty()) {
    const auto converted = convert_unit(*number, bound_unit, unit);
    if (!converted) return invalid(converted.error().message);
    limit.bound = *converted;
  }
  return limit;
}

}  // namespace

Statistics statistics_of(std::vector<double> samples) {
  std::erase_if(samples, [](double sample) { return !std::isfinite(sample); });
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const auto percentile = [&](std::size_t percent) {
    return samples[(samples.size() * percent + 99) / 100 - 1];
  };
  const double sum = std::accumulate(samples.begin(), samples.end(), 0.0);
  return {.count = samples.size(),
          .min = samples.front(),
          .median = percentile(50),
          .mean = sum / static_cast<double>(samples.size()),
          .p95 = percentile(95),
          .p99 = percentile(99),
          .max = samples.back()};
}

bool Limit::holds(const Statistics& statistics) const {
  return compare(value_of(statistics, statistic), comparison, bound);
}

Result<std::vector<Limit>> parse_limits(std::string_view text, std::string_view unit) {
  std::vector<Limit> limits;
  for (const std::string_view condition : base::split(text, ',')) {
    auto limit = parse_condition(condition, unit);
    if (!limit) return limit.error();
    limits.push_back(std::move(*limit));
  }
  return limits;
}

void Measurement::judge() {
  if (!samples.empty()) statistics = statistics_of(samples);
  verdict = Verdict::pass;
  message.clear();
  if (limit.empty()) return;
  const auto limits = parse_limits(limit, unit);
  if (!limits) {
    verdict = Verdict::harness_error;
    message = limits.error().message;
    return;
  }
  for (const Limit& condition : *limits) {
    if (statistics.count == 0 && condition.statistic != "count") {
      verdict = worse(verdict, Verdict::inconclusive);
      if (message.empty()) message = fmt::format("{}: no sample was taken", name);
    } else if (!condition.holds(statistics)) {
      if (verdict != Verdict::fail) {
        const double found = value_of(statistics, condition.statistic);
        message = fmt::format(
            "{}: {} is {}, limit {}", name, condition.statistic,
            condition.statistic == "count" ? format_quantity(found, "") : format_quantity(found, unit),
            condition.text);
      }
      verdict = Verdict::fail;
    }
  }
}

}  // namespace watchrig::reports
