#include "system/http/http_message.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "system/base/utf8.hpp"

namespace watchrig::http {

namespace urls = boost::urls;
using base::Error;
using base::ErrorKind;

namespace {

/// What can be part of an answer in JSON, and means the same to those who stop at a NUL.
bool is_text(std::string_view decoded) {
  return decoded.find('\0') == std::string_view::npos && base::is_utf8(decoded);
}

}  // namespace

std::string Request::param(const std::string& name) const {
  const auto it = params.find(name);
  return it == params.end() ? std::string() : it->second;
}

std::optional<std::string> Request::query_value(const std::string& name) const {
  const auto it = query.find(name);
  if (it == query.end()) return std::nullopt;
  return it->second;
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

std::uint64_t FileBody::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& piece : pieces) sum += piece.bytes;
  return sum;
}

base::Result<std::shared_ptr<const FileBody>> whole_file(std::shared_ptr<const TemporaryFile> file) {
  std::error_code failure;
  const std::uint64_t bytes = std::filesystem::file_size(file->path, failure);
  if (failure)
    return Error{ErrorKind::io, fmt::format("read {}: {}", file->path.string(), failure.message())};
  auto body = std::make_shared<FileBody>();
  body->pieces.push_back({bytes, {}, file->path});
  body->kept = std::move(file);
  return std::shared_ptr<const FileBody>(std::move(body));
}

Response json_response(int status, const json::value& value) {
  Response response;
  response.status = status;
  response.body = json::serialize(value);
  return response;
}

Response file_response(std::string type, std::string_view name, std::string body) {
  Response response;
  response.content_type = std::move(type);
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + std::string(name) + "\"");
  response.body = std::move(body);
  return response;
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

Response error_response(int status, std::string_view code, std::string_view field, std::string_view message) {
  json::object error{{"code", code}, {"message", message}};
  if (!field.empty()) error["field"] = field;
  return json_response(status, json::object{{"error", std::move(error)}});
}

Response error_response(const Error& error, std::string_view field) {
  int status = 500;
  switch (error.kind) {
    case ErrorKind::invalid:
    case ErrorKind::unsupported:
      status = 400;
      break;
    case ErrorKind::not_found:
      status = 404;
      break;
    case ErrorKind::denied:
      status = 403;
      break;
    case ErrorKind::conflict:
      status = 409;
      break;
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
      status = 503;
      break;
    case ErrorKind::full:
      status = 507;
      break;
    case ErrorKind::corrupt:
    case ErrorKind::io:
      status = 500;
      break;
  }
  return error_response(status, base::to_string(error.kind), field, error.message);
}

base::Result<json::object> parse_json_object(std::string_view body) {
  json::error_code failure;
  json::parse_options options;
  options.max_depth = 32;
  json::value value = json::parse(body, failure, {}, options);
  if (failure) return Error{ErrorKind::invalid, "body is not JSON: " + failure.message()};
  if (!value.is_object()) return Error{ErrorKind::invalid, "body is not a JSON object"};
  return std::move(value.as_object());
}

base::Result<std::pair<std::string, std::map<std::string, std::string>>> parse_target(
    std::string_view target) {
  const auto url = urls::parse_origin_form(target);
  if (!url || !is_text(percent_decode(url->encoded_path())))
    return Error{ErrorKind::invalid, "request target is not a valid path"};
  std::map<std::string, std::string> query;
  for (const auto& parameter : url->params()) {
    if (!is_text(parameter.key) || !is_text(parameter.value))
      return Error{ErrorKind::invalid, "request target has a query that is no text of UTF-8"};
    query[parameter.key] = parameter.value;
  }
  return std::pair(std::string(url->encoded_path()), std::move(query));
}

std::string percent_decode(std::string_view text) {
  const auto view = urls::make_pct_string_view(text);
  if (!view) return std::string(text);
  std::string decoded;
  view->decode({}, urls::string_token::assign_to(decoded));
  return decoded;
}

std::string percent_encode(std::string_view text) { return urls::encode(text, urls::unreserved_chars); }

}  // namespace watchrig::http
