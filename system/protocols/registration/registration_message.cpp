#include "system/protocols/registration/registration_message.hpp"

#include <algorithm>
#include <array>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "system/base/text.hpp"

namespace watchrig::protocols {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using Kind = RegistrationMessage::Kind;

namespace {

constexpr std::size_t longest_reason = 200;
constexpr std::size_t longest_name = 64;
constexpr std::size_t hash_digits = 64;
constexpr std::string_view services[] = {"http", "https", "rtsp"};
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

bool is_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_tunnel_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && is_of(name, "-_");
}

bool is_hash(std::string_view text) {
  return text.size() == hash_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

using Read = Result<> (*)(const json::object& object, RegistrationMessage& message);

Result<> read_enrolment(const json::object& object, RegistrationMessage& message) {
  message.device_id = text_in(object, "device_id");
  if (!message.device_id.empty() && !is_device_id(message.device_id)) return wrong("device_id");
  return {};
}

Result<> read_challenge(const json::object& object, RegistrationMessage& message) {
  message.nonce = text_in(object, "nonce");
  if (message.nonce.empty() || message.nonce.size() > longest_name) return wrong("nonce");
  return {};
}

Result<> read_proof(const json::object& object, RegistrationMessage& message) {
  message.digest = text_in(object, "digest");
  if (!is_hash(message.digest)) return wrong("digest");
  return {};
}

Result<> read_registered(const json::object& object, RegistrationMessage& message) {
  const auto* seconds = object.if_contains("keep_alive");
  if (!seconds) return {};
  const auto* number = seconds->if_int64();
  if (!number || *number < least_keep_alive || *number > most_keep_alive) return wrong("keep_alive");
  message.keep_alive = std::chrono::seconds(*number);
  return {};
}

Result<> read_reason(const json::object& object, RegistrationMessage& message) {
  message.reason = shown(text_in(object, "reason"));
  return {};
}

Result<> read_tunnel(const json::object& object, RegistrationMessage& message) {
  message.tunnel = text_in(object, "tunnel");
  if (!is_tunnel_name(message.tunnel)) return wrong("tunnel");
  return {};
}

Result<> read_open(const json::object& object, RegistrationMessage& message) {
  if (object.contains("service")) message.service = text_in(object, "service");
  if (std::ranges::find(services, message.service) == std::end(services)) return wrong("service");
  return read_tunnel(object, message);
}

Result<> read_closed(const json::object& object, RegistrationMessage& message) {
  message.reason = shown(text_in(object, "reason"));
  return read_tunnel(object, message);
}

Result<> read_nothing(const json::object&, RegistrationMessage&) { return {}; }

struct Form {
  std::string_view type;
  Kind kind;
  Read read;
};
constexpr Form forms[] = {
    {"register", Kind::enrol, read_enrolment}, {"challenge", Kind::challenge, read_challenge},
    {"proof", Kind::proof, read_proof},        {"registered", Kind::registered, read_registered},
    {"refused", Kind::refused, read_reason},   {"alive", Kind::alive, read_nothing},
    {"open", Kind::open, read_open},           {"tunnel", Kind::tunnel, read_tunnel},
    {"closed", Kind::closed, read_closed},
};

}  // namespace

Result<RegistrationMessage> RegistrationMessage::parse(std::string_view line) {
  json::error_code failure;
  const auto value = json::parse(line, failure);
  if (failure || !value.is_object()) return wrong("JSON object");
  const auto& object = value.get_object();
  const auto type = text_in(object, "type");
  if (type.empty()) return wrong("type");
  RegistrationMessage message;
  const auto* form = std::ranges::find(forms, type, &Form::type);
  if (form == std::end(forms)) return message;
  message.kind = form->kind;
  if (const auto read = form->read(object, message); !read) return read.error();
  return message;
}

std::string registration_line(const json::object& message) { return json::serialize(message) + "\n"; }

bool is_device_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_name && is_of(id, "-_.");
}

std::string registration_proof(std::string_view password, std::string_view device_id,
                               std::string_view nonce) {
  const auto text = fmt::format("{}\n{}", device_id, nonce);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), password.data(), static_cast<int>(password.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return base::to_hex(digest.data(), size);
}

}  // namespace watchrig::protocols
