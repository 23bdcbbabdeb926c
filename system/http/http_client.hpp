#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "system/http/http_message.hpp"

namespace watchrig::http {

/// A blocking HTTP/1.1 client for programs that judge others: one request a connection, a deadline for the
/// whole exchange in real time. `base_url` is "http://127.0.0.1:8080"
/// or "https://…"; any thread may use one client.
class HttpClient {
 public:
  explicit HttpClient(std::string base_url, std::chrono::milliseconds deadline = std::chrono::seconds(30));

  /// The answer, whatever its status; an error only when there was none. unavailable: the server refused or
  /// closed the connection; timeout; io: all else, such as a TLS handshake that failed. `target` is path and
  /// query.
  base::Result<Response> request(std::string_view method, std::string_view target,
                                 std::string_view body = {}) const;
  /// The same with a JSON body, and the answer parsed; a status over 299 is an error with the server's
  /// message.
  base::Result<json::value> json(std::string_view method, std::string_view target,
                                 const json::value& body = nullptr) const;
  /// Writes the body of a GET to a file; bodies may be of any size.
  base::Result<> download(std::string_view target, const std::filesystem::path& file) const;

  const std::string& base_url() const { return base_url_; }
  /// Sent with every request from now on (RFC 6750); empty: none.
  void set_token(std::string token) { token_ = std::move(token); }
  const std::string& token() const { return token_; }
  /// The address of this machine to connect from; empty: the system's choice.
  void set_source(std::string address) { source_ = std::move(address); }
  /// Certificates in PEM that an https:// server must show, or be issued by. Their dates are not checked.
  void set_trusted(std::string certificates) { trusted_ = std::move(certificates); }

 private:
  template <class Parser>
  base::Result<> exchange(std::string_view method, std::string_view target, std::string_view body,
                          Parser& parser) const;

  std::string base_url_;
  std::chrono::milliseconds deadline_;
  std::string token_;
  std::string trusted_;
  std::string source_;
};

}  // namespace watchrig::http
