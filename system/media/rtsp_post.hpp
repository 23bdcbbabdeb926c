#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "system/media/rtsp_socket.hpp"
#include "system/media/rtsp_url.hpp"

namespace watchrig::media {

/// A client's way to the server through HTTP (rtsp_tunnel.hpp): opens a POST with the first message, and a
/// new one when the server or somebody between has closed it. Belongs to one executor.
class RtspPost : public std::enable_shared_from_this<RtspPost> {
 public:
  using Open = std::function<asio::awaitable<base::Result<std::shared_ptr<RtspSocket>>>()>;
  using Refused = std::function<void(base::Error)>;

  /// The heads of both requests, with a new cookie.
  struct Heads {
    Heads(const RtspUrl& url, std::string_view user_agent);
    std::string get;
    std::string post;
  };
  /// How many bytes of the GET's answer are its head; nothing while it is not whole. Errors: unsupported (the
  /// server does not take it for RTSP), denied (401, 403), unavailable.
  static base::Result<std::optional<std::size_t>> take_answer(base::ByteView bytes);

  /// Of a POST's answer, which many servers never give: an error when it refuses the POST, of the same kinds.
  static base::Result<> check_answer(std::string_view line);

  /// `refused` is told of each POST that the server answers with an error.
  RtspPost(const asio::any_io_executor& executor, std::string head, Open open, Refused refused);

  /// One message after the other, each in base64 of its own. Errors: those of the connection.
  asio::awaitable<base::Result<>> write(std::string message);
  void close();

 private:
  asio::awaitable<base::Result<>> write_once(const std::string& text);
  static asio::awaitable<void> watch(std::shared_ptr<RtspPost> self, std::shared_ptr<RtspSocket> socket);

  const std::string head_;
  const Open open_;
  const Refused refused_;
  std::shared_ptr<RtspSocket> socket_;
  asio::steady_timer turn_;  ///< never expires; cancelled when a message has left
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace watchrig::media
