#include <cmath>
#include <span>

#include <fmt/format.h>

#include "reports/model/measurement.hpp"

namespace watchrig::reports {
namespace {

struct Unit {
  std::string_view name;
  std::string_view quantity;
  double factor;    ///< of the quantity's base unit
  bool for_people;  ///< a unit that format_quantity() may choose
};

constexpr Unit units[] = {
    {"ns", "time", 1e-9, true},         {"us", "time", 1e-6, true},
    {"ms", "time", 1e-3, true},         {"s", "time", 1, true},
    {"min", "time", 60, false},         {"h", "time", 3600, false},
    {"d", "time", 86400, false},        {"B", "size", 1, true},
    {"kB", "size", 1e3, true},          {"MB", "size", 1e6, true},
    {"GB", "size", 1e9, true},          {"TB", "size", 1e12, true},
    {"KiB", "size", 1024, false},       {"MiB", "size", 1048576, false},
    {"GiB", "size", 1073741824, false}, {"TiB", "size", 1099511627776, false},
    {"bps", "rate", 1, true},           {"kbps", "rate", 1e3, true},
    {"Mbps", "rate", 1e6, true},        {"Gbps", "rate", 1e9, true},
    {"%", "share", 1e-2, false},        {"ppm", "share", 1e-6, false},
};

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

/// Three significant digits without an exponent, and no digit behind the point of large numbers.
std::string three_digits(double value) {
  const double size = std::abs(value);
  if (size == 0 || !std::isfinite(value)) return fmt::format("{:.0f}", value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size < 1e-6) return fmt::format("{:.2e}", value);
  const int decimals = 2 - static_cast<int>(std::floor(std::log10(size)));
  std::string text = fmt::format("{:.{}f}", value, decimals);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

base::Result<double> convert_unit(double value, std::string_view from, std::string_view to) {
  if (from == to) return value;
  const Unit* source = find_unit(from);
  const Unit* target = find_unit(to);
  if (!source || !target || source->quantity != target->quantity) {
    return base::Error{
        base::ErrorKind::invalid,
        fmt::format("unit \"{}\" cannot be compared with \"{}\" (known: ns us ms s min h d, B kB MB GB TB "
                    "KiB MiB GiB TiB, bps kbps Mbps Gbps, % ppm)",
                    from, to)};
  }
  return value * source->factor / target->factor;
}

std::string format_quantity(double value, std::string_view unit) {
  const Unit* known = find_unit(unit);
  if (!known || !known->for_people || value == 0 || !std::isfinite(value)) {
    return three_digits(value) + (unit.empty() ? "" : fmt::format(" {}", unit));
  }
  const double base = value * known->factor;
  const Unit* best = nullptr;
  for (const Unit& candidate : units) {
    if (candidate.quantity != known->quantity || !candidate.for_people) continue;
    // 0.9995 because three digits would round it up to 1000 of the smaller unit.
    if (!best || std::abs(base) >= candidate.factor * 0.9995) best = &candidate;
  }
  return fmt::format("{} {}", three_digits(base / best->factor), best->name);
}

}  // namespace watchrig::reports
