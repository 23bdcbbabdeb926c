#include "system/platform/typed_message.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace watchrig::platform::detail {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;

bool read_member(const json::value& from, std::string& to) {
  if (const auto* text = from.if_string()) to = std::string(*text);
  return from.is_string();
}

bool read_member(const json::value& from, bool& to) {
  if (const auto* flag = from.if_bool()) to = *flag;
  return from.is_bool();
}

bool read_member(const json::value& from, std::int64_t& to) {
  if (const auto* number = from.if_int64()) to = *number;
  return from.is_int64();
}

/// Numbers without a fraction may come as such.
bool read_member(const json::value& from, double& to) {
  if (from.is_number()) to = from.to_number<double>();
  return from.is_number();
}

bool read_member(const json::value& from, base::UtcTime& to) {
  const auto* text = from.if_string();
  if (!text) return false;
  const auto time = base::parse_utc(*text);
  if (time) to = *time;
  return time.has_value();
}

bool read_member(const json::value& from, std::vector<std::string>& to) {
  const auto* list = from.if_array();
  if (!list) return false;
  to.resize(list->size());
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!read_member((*list)[i], to[i])) return false;
  }
  return true;
}

bool read_member(const json::value& from, json::object& to) {
  if (const auto* object = from.if_object()) to = *object;
  return from.is_object();
}

json::value write_member(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::value write_member(base::UtcTime time) {
  const auto text = base::format_utc(time, 9);
  return json::value(json::string_view(text));
}

Error bad_member(const Message& message, BadMember bad) {
  return {ErrorKind::invalid, fmt::format("{} from {}: {} {}", message.name, message.from, bad.name,
                                          bad.missing ? "is missing" : "is of another type")};
}

Error other_message(const Message& message, std::string_view wanted) {
  return {ErrorKind::unsupported,
          fmt::format("{} does not take {} here, but {}", message.to, message.name, wanted)};
}

}  // namespace watchrig::platform::detail
