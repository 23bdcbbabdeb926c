#include "system/api/request_fields.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::api {

using base::ErrorKind;
using central::FieldError;
namespace json = boost::json;

std::string FieldReader::text(const std::string& name, std::optional<std::string> fallback) {
  known_.push_back(name);
  const json::value* value = object_.if_contains(name);
  if (!value) {
    if (!fallback) refuse(name, "is missing");
    return fallback.value_or(std::string());
  }
  if (!value->is_string()) {
    refuse(name, "must be a text");
    return {};
  }
  return std::string(value->as_string());
}

bool FieldReader::flag(const std::string& name, bool fallback) {
  known_.push_back(name);
  const json::value* value = object_.if_contains(name);
  if (!value) return fallback;
  if (!value->is_bool()) {
    refuse(name, "must be true or false");
    return fallback;
  }
  return value->get_bool();
}

std::int64_t FieldReader::number(const std::string& name, std::int64_t fallback) {
  known_.push_back(name);
  const json::value* value = object_.if_contains(name);
  if (!value) return fallback;
  if (!value->is_int64()) {
    refuse(name, "must be a whole number");
    return fallback;
  }
  return value->get_int64();
}

std::int64_t FieldReader::number(const std::string& name, std::int64_t least, std::int64_t most) {
  known_.push_back(name);
  const json::value* value = object_.if_contains(name);
  if (!value) {
    refuse(name, "is missing");
    return least;
  }
  if (!value->is_int64() || value->get_int64() < least || value->get_int64() > most) {
    refuse(name, fmt::format("must be a whole number from {} to {}", least, most));
    return least;
  }
  return value->get_int64();
}

std::vector<std::string> FieldReader::texts(const std::string& name) {
  known_.push_back(name);
  const json::value* value = object_.if_contains(name);
  if (!value) return {};
  std::vector<std::string> list;
  const auto* entries = value->if_array();
  for (std::size_t i = 0; entries && i < entries->size(); ++i) {
    if ((*entries)[i].is_string()) list.emplace_back((*entries)[i].get_string());
  }
  if (!entries || list.size() != entries->size()) refuse(name, "must be a list of texts");
  return list;
}

base::UtcTime FieldReader::time(const std::string& name) {
  const auto time = base::parse_utc(text(name));
  if (!time) refuse(name, "must be a time in UTC, such as 2026-03-29T01:00:00Z");
  return time ? *time : base::UtcTime();
}

double FieldReader::real(const std::string& name, double fallback) {
  known_.push_back(name);
  const json::value* value = object_.if_contains(name);
  if (!value) return fallback;
  if (!value->is_number()) {
    refuse(name, "must be a number");
    return fallback;
  }
  return value->to_number<double>();
}

json::object FieldReader::object(const std::string& name) {
  known_.push_back(name);
  const json::value* value = object_.if_contains(name);
  if (!value) return {};
  if (!value->is_object()) {
    refuse(name, "must be an object");
    return {};
  }
  return value->as_object();
}

const json::value* FieldReader::member(const std::string& name) {
  known_.push_back(name);
  return object_.if_contains(name);
}

void FieldReader::require(const std::string& name) {
  if (!object_.contains(name)) refuse(name, "is missing");
}

void FieldReader::no_others() {
  for (const auto& member : object_) {
    if (std::find(known_.begin(), known_.end(), std::string_view(member.key())) == known_.end()) {
      refuse(std::string(member.key()), "is not a field of this request");
    }
  }
}

void FieldReader::refuse(const std::string& name, const std::string& message) {
  if (error_) return;
  const std::string field = prefix_ + name;
  error_ = FieldError{field, {ErrorKind::invalid, fmt::format("{} {}", field, message)}};
}

// The base only keeps a reference to the body, which begins to live after it.
BodyFields::BodyFields(const http::Request& request) : FieldReader(body_) {
  auto body = http::parse_json_object(request.body);
  if (body) {
    body_ = *std::move(body);
  } else {
    fail({{}, body.error()});
  }
}

http::Response error_response(const FieldError& error) {
  if (error.field == "If-Match")
    return http::error_response(412, "outdated", error.field, error.error.message);
  return http::error_response(error.error, error.field);
}

central::FieldResult<Period> period_of(const http::Request& request, bool open) {
  Period period{base::UtcTime(), std::chrono::sys_days(std::chrono::year(2200) / 1 / 1)};
  for (auto [name, time] : {std::pair("from", &period.from), std::pair("to", &period.to)}) {
    const auto text = request.query_value(name);
    if (!text) {
      if (open) continue;
      return FieldError{name, {ErrorKind::invalid, fmt::format("{} is missing", name)}};
    }
    const auto parsed = base::parse_utc(*text);
    if (!parsed) return FieldError{name, parsed.error()};
    *time = *parsed;
  }
  if (period.from >= period.to) return FieldError{"to", {ErrorKind::invalid, "to must be later than from"}};
  return period;
}

central::FieldResult<std::int64_t> number_of(const http::Request& request, const std::string& name,
                                             std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto text = request.query_value(name);
  if (!text) return fallback;
  const auto number = base::parse_number<std::int64_t>(*text);
  if (!number || *number < least || *number > most) {
    return FieldError{
        name, {ErrorKind::invalid, fmt::format("{} must be a number from {} to {}", name, least, most)}};
  }
  return *number;
}

}  // namespace watchrig::api
