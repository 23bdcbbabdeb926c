#include "system/central/relay/relay_message.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace watchrig::central {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t longest_reason = 200;
constexpr std::size_t longest_name = 64;
constexpr std::int64_t least_keep_alive = 5;
constexpr std::int64_t most_keep_alive = 300;

Error wrong(std::string_view what) {
  return {ErrorKind::corrupt, fmt::format("its message has no {} that can be read", what)};
}

/// Empty when there is no such text.
std::string text_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string shown(std::string text) {
  text.resize(std::min(text.size(), longest_reason));
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

bool is_tunnel_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Result<RelayMessage> registered(const json::object& object) {
  RelayMessage message;
  message.kind = RelayMessage::Kind::registered;
  const auto* seconds = object.if_contains("keep_alive");
  if (!seconds) return message;
  const auto* number = seconds->if_int64();
  if (!number || *number < least_keep_alive || *number > most_keep_alive) return wrong("keep_alive");
  message.keep_alive = std::chrono::seconds(*number);
  return message;
}

Result<RelayMessage> open(const json::object& object) {
  RelayMessage message;
  message.kind = RelayMessage::Kind::open;
  message.tunnel = text_in(object, "tunnel");
  if (!is_tunnel_name(message.tunnel)) return wrong("tunnel");
  const auto service = text_in(object, "service");
  message.encrypted = service == "https";
  if (!message.encrypted && object.contains("service") && service != "http") return wrong("service");
  return message;
}

}  // namespace

Result<RelayMessage> RelayMessage::parse(std::string_view line) {
  json::error_code failure;
  const auto value = json::parse(line, failure);
  if (failure || !value.is_object()) return wrong("JSON object");
  const auto& object = value.get_object();
  const auto type = text_in(object, "type");
  if (type.empty()) return wrong("type");
  if (type == "registered") return registered(object);
  if (type == "open") return open(object);
  RelayMessage message;
  if (type == "alive") message.kind = Kind::alive;
  if (type == "refused") {
    message.kind = Kind::refused;
    message.reason = shown(text_in(object, "reason"));
  }
  return message;
}

std::string relay_line(const json::object& message) { return json::serialize(message) + "\n"; }

}  // namespace watchrig::central
