#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "system/http/http_message.hpp"

namespace watchrig::base {
class Dialer;
}  // namespace watchrig::base

struct ssl_ctx_st;

namespace watchrig::http {

/// One request of a program that serves others meanwhile.
struct FetchRequest {
  std::string method = "GET";
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t max_body_bytes = std::size_t{1} << 20;
  std::chrono::milliseconds deadline = std::chrono::seconds(10);  ///< real time; a name has as long once more
  std::shared_ptr<base::Dialer> dialer = {};                      ///< in place of the host's address
  std::shared_ptr<ssl_ctx_st> tls = {};  ///< HTTPS with a server that it believes; none: in the clear
};

/// Asks by HTTP/1.1 on a connection of its own, on the calling coroutine's executor. The answer,
/// whatever its status; redirects are not followed. Errors: unavailable (the name is unknown, the peer
/// refused or closed), timeout, full (the answer is larger than asked for), io (all else, such as an answer
/// that is no HTTP), conflict (the server's certificate is
/// refused: nothing was said to it), those of the dialer.
boost::asio::awaitable<base::Result<Response>> fetch(FetchRequest request);

/// The values of each header of that name, in whatever case, in their order; they live as long as the answer.
std::vector<std::string_view> header_values(const Response& answer, std::string_view name);

}  // namespace watchrig::http
