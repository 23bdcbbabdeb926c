#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "system/base/result.hpp"

namespace watchrig::http {

namespace json = boost::json;

/// A request as a handler sees it: percent-decoded, its body complete.
struct Request {
  std::string method;                          ///< "GET", "POST", …
  std::string path;                            ///< "/api/v1/channels/c1", still percent-encoded
  std::map<std::string, std::string> params;   ///< what the route's {names} matched
  std::map<std::string, std::string> query;    ///< the last value of each name
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string peer;                              ///< "127.0.0.1:40312"
  bool encrypted = false;                        ///< came by TLS
  std::string account;                           ///< who asks, when the gate has found out
  std::string session;                           ///< of that account
  std::shared_ptr<std::atomic<bool>> told = {};  ///< set when the log knows of what the request does

  /// The peer's address without its port.
  std::string source() const { return peer.substr(0, peer.rfind(':')); }

  std::string param(const std::string& name) const;
  std::optional<std::string> query_value(const std::string& name) const;
};

/// A file that is removed when the last owner lets go.
struct TemporaryFile {
  explicit TemporaryFile(std::filesystem::path p) : path(std::move(p)) {}
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::filesystem::path path;
};

/// A body that is put together of files and texts while it is sent.
struct FileBody {
  /// Exactly so many bytes from the beginning of the text or file: one that has fewer breaks the answer off.
  struct Piece {
    std::uint64_t bytes = 0;
    std::string text = {};  ///< without a file
    std::filesystem::path file = {};
  };
  std::vector<Piece> pieces;
  std::shared_ptr<const void> kept = {};  ///< as long as the files are needed

  std::uint64_t bytes() const;
};

/// All of a file, which is kept as long. Error io: it cannot be read.
base::Result<std::shared_ptr<const FileBody>> whole_file(std::shared_ptr<const TemporaryFile> file);

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Sent in place of body, and in part when a GET asks so and a strong ETag says that it is the same again.
  std::shared_ptr<const FileBody> file;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Asked again and again while a file is sent: false breaks it off, and the connection with it.
  std::function<bool()> wanted = {};
};

Response json_response(int status, const json::value& value);

/// A file for the client to keep under that name.
Response file_response(std::string type, std::string_view name, std::string body);

/// 204.
Response no_content();

/// `{"error":{"code":…,"field":…,"message":…}}`; the field is left out when it is empty.
Response error_response(int status, std::string_view code, std::string_view field, std::string_view message);

/// The same for an error, with the status that suits its kind.
Response error_response(const base::Error& error, std::string_view field = {});

/// The body as a JSON object, or what is wrong with it. At most 32 levels deep.
base::Result<json::object> parse_json_object(std::string_view body);

/// Splits a request target into path and decoded query; an error for bad percent-encoding, and for what is no
/// UTF-8 or holds a NUL when it is decoded.
base::Result<std::pair<std::string, std::map<std::string, std::string>>> parse_target(
    std::string_view target);

std::string percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

}  // namespace watchrig::http
