#include "simulators/kernel/fault.hpp"

#include <algorithm>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace watchrig::kernel {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace json = boost::json;

enum Takes : unsigned {
  rate = 1,
  depth = 2,
  by = 4,
  factor = 8,
  what = 16,
  lasts = 32,
  signed_by = 64,
  ppm = 128
};

/// One row a verb: the parameters it must have and those it may have besides `stream`.
struct Form {
  Verb verb;
  std::string_view name;
  unsigned required;
  unsigned optional;
};

constexpr Form table[] = {
    {Verb::power_cut, "power-cut", 0, lasts},
    {Verb::reset, "reset", 0, 0},
    {Verb::stall, "stall", 0, lasts},
    {Verb::lose, "lose", rate, lasts},
    {Verb::corrupt, "corrupt", rate, lasts},
    {Verb::duplicate, "duplicate", rate, lasts},
    {Verb::reorder, "reorder", rate, depth | lasts},
    {Verb::delay, "delay", by, lasts},
    {Verb::burst, "burst", factor, lasts},
    {Verb::clock_jump, "clock-jump", by | signed_by, lasts},
    {Verb::clock_drift, "clock-drift", rate | ppm, lasts},
    {Verb::lie, "lie", what, lasts},
};

const Form& form_of(Verb verb) {
  return *std::find_if(std::begin(table), std::end(table),
                       [&](const Form& form) { return form.verb == verb; });
}

/// Whole-device verbs have no stream: cutting the power of one stream would mean nothing.
bool takes_stream(Verb verb) { return verb != Verb::power_cut && verb != Verb::reset; }

Error invalid(std::string_view verb, std::string_view text) {
  return {ErrorKind::invalid, fmt::format("fault {}: {}", verb, text)};
}

Result<double> number(const json::value& value, double low, double high) {
  json::error_code error;
  const double parsed = value.to_number<double>(error);
  if (error || !(parsed >= low && parsed <= high)) {
    return Error{ErrorKind::invalid, fmt::format("is not a number within {} to {}", low, high)};
  }
  return parsed;
}

Result<base::Duration> duration(const json::value& value, base::Duration low, base::Duration high) {
  if (!value.is_string()) return Error{ErrorKind::invalid, "is not a text such as \"5s\""};
  const auto parsed = base::parse_duration(std::string_view(value.get_string()));
  if (!parsed) return parsed.error();
  if (*parsed < low || *parsed > high) {
    return Error{ErrorKind::invalid, fmt::format("is not within {} to {}", base::format_duration(low),
                                                 base::format_duration(high))};
  }
  return *parsed;
}

Result<std::string> one_of(const json::value& value, std::span<const std::string_view> names) {
  const auto* text = value.if_string();
  if (text && std::find(names.begin(), names.end(), std::string_view(*text)) != names.end()) {
    return std::string(*text);
  }
  return Error{ErrorKind::invalid, fmt::format("is none of {}", fmt::join(names, ", "))};
}

template <class T>
Result<void> assign(T& field, const Result<T>& parsed) {
  if (!parsed) return parsed.error();
  field = *parsed;
  return {};
}

constexpr base::Duration day = std::chrono::hours(24);

Result<void> read_rate(Fault& fault, const Form& form, const json::value& value) {
  const bool parts_per_million = form.required & ppm;
  return assign(fault.rate, number(value, parts_per_million ? -100000 : 0, parts_per_million ? 100000 : 1));
}

Result<void> read_depth(Fault& fault, const json::value& value) {
  const auto parsed = number(value, 1, 64);
  if (!parsed) return parsed.error();
  if (*parsed != std::floor(*parsed)) return Error{ErrorKind::invalid, "is not a whole number"};
  fault.depth = static_cast<unsigned>(*parsed);
  return {};
}

Result<void> read_by(Fault& fault, const Form& form, const json::value& value) {
  if (form.required & signed_by) return assign(fault.by, duration(value, -3650 * day, 3650 * day));
  return assign(fault.by, duration(value, base::Duration(0), std::chrono::seconds(10)));
}

Result<void> read_lasts(Fault& fault, const json::value& value) {
  const auto parsed = duration(value, std::chrono::milliseconds(1), 365 * day);
  if (!parsed) return parsed.error();
  fault.lasts = *parsed;
  return {};
}

/// Reads one member; what is not known or not taken by the verb is an error.
Result<void> read_member(Fault& fault, const Form& form, const FaultForms& forms, std::string_view name,
                         const json::value& value, unsigned& seen) {
  const unsigned taken = form.required | form.optional;
  const auto is = [&](std::string_view expected, unsigned flag) {
    if (name != expected || !(taken & flag)) return false;
    seen |= flag;
    return true;
  };
  if (name == "verb") return {};
  if (name == "stream" && takes_stream(form.verb)) {
    const std::vector<std::string_view> names(forms.streams.begin(), forms.streams.end());
    return assign(fault.stream, one_of(value, names));
  }
  if (is("rate", rate)) return read_rate(fault, form, value);
  if (is("depth", depth)) return read_depth(fault, value);
  if (is("by", by)) return read_by(fault, form, value);
  if (is("factor", factor)) return assign(fault.factor, number(value, 0.1, 20));
  if (is("what", what)) return assign(fault.what, one_of(value, forms.lies));
  if (is("for", lasts)) return read_lasts(fault, value);
  return Error{ErrorKind::invalid, "is not a parameter of this verb"};
}

std::string_view first_missing(unsigned missing) {
  constexpr std::pair<unsigned, std::string_view> names[] = {
      {rate, "rate"}, {by, "by"}, {factor, "factor"}, {what, "what"}};
  for (const auto& [flag, name] : names) {
    if (missing & flag) return name;
  }
  return {};
}

}  // namespace

std::string_view to_string(Verb verb) { return form_of(verb).name; }

Result<Fault> parse_fault(const json::value& value, const FaultForms& forms) {
  const auto* object = value.if_object();
  const auto* verb = object ? object->if_contains("verb") : nullptr;
  if (!verb || !verb->is_string())
    return invalid("?", "a JSON object with the text member \"verb\" is needed");
  const std::string_view name = verb->get_string();
  const auto* form =
      std::find_if(std::begin(table), std::end(table), [&](const Form& f) { return f.name == name; });
  if (form == std::end(table) ||
      std::find(forms.verbs.begin(), forms.verbs.end(), form->verb) == forms.verbs.end()) {
    std::vector<std::string_view> known;
    for (const Verb v : forms.verbs) known.push_back(to_string(v));
    return invalid(name, fmt::format("this device knows {}", fmt::join(known, ", ")));
  }
  Fault fault;
  fault.verb = form->verb;
  unsigned seen = 0;
  for (const auto& [key, member] : *object) {
    const auto read = read_member(fault, *form, forms, key, member, seen);
    if (!read) return invalid(name, fmt::format("{} {}", std::string_view(key), read.error().message));
  }
  if (const auto missing = first_missing(form->required & ~seen); !missing.empty()) {
    return invalid(name, fmt::format("{} is missing", missing));
  }
  return fault;
}

json::object to_json(const Fault& fault) {
  const unsigned taken = form_of(fault.verb).required | form_of(fault.verb).optional;
  json::object object{{"id", fault.id}, {"verb", to_string(fault.verb)}};
  if (!fault.stream.empty()) object["stream"] = fault.stream;
  if (taken & rate) object["rate"] = fault.rate;
  if (taken & depth) object["depth"] = fault.depth;
  if (taken & by) object["by"] = base::format_duration(fault.by);
  if (taken & factor) object["factor"] = fault.factor;
  if (taken & what) object["what"] = fault.what;
  if (fault.lasts) object["for"] = base::format_duration(*fault.lasts);
  object["begin"] = base::format_utc(fault.begin, 9);
  return object;
}

std::string describe(const Fault& fault) {
  const unsigned taken = form_of(fault.verb).required | form_of(fault.verb).optional;
  std::vector<std::string> parts;
  if (!fault.stream.empty()) parts.push_back(fault.stream);
  if (taken & rate) parts.push_back(fmt::format("rate {}{}", fault.rate, taken & ppm ? " ppm" : ""));
  if (taken & depth) parts.push_back(fmt::format("depth {}", fault.depth));
  if (taken & by) parts.push_back(fmt::format("by {}", base::format_duration(fault.by)));
  if (taken & factor) parts.push_back(fmt::format("factor {}", fault.factor));
  if (taken & what) parts.push_back(fault.what);
  if (fault.lasts) parts.push_back(fmt::format("for {}", base::format_duration(*fault.lasts)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace watchrig::kernel
