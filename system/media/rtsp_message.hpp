#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"

namespace watchrig::media {

/// No request or response is larger, headers and body together.
inline constexpr std::size_t max_rtsp_message = 64 * 1024;
inline constexpr std::size_t max_rtsp_headers = 100;

/// Header fields in their order; names are compared without regard to case.
class RtspHeaders {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  /// The last field's value goes on with `more` (a folded line).
  void extend_last(std::string_view more);

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct RtspRequest {
  std::string method;
  std::string uri;
  std::string version = "RTSP/1.0";
  RtspHeaders headers;
  std::string body;
};

struct RtspResponse {
  int status = 200;
  std::string reason;  ///< the standard's phrase when empty
  RtspHeaders headers;
  std::string body;
};

/// One frame of RFC 2326, 10.12; the payload is a view into the buffer that was parsed.
struct InterleavedFrame {
  std::uint8_t channel = 0;
  base::ByteView payload;
};

/// Content-Length is added when there is a body.
std::string serialise(const RtspRequest& request);
std::string serialise(const RtspResponse& response);
std::string_view status_phrase(int status);
/// The number of CSeq (RFC 2326, 12.17), at most nine digits; nothing when absent or not a number.
std::optional<std::uint32_t> sequence_of(const RtspHeaders& headers);

/// Takes messages and frames off the front of a byte buffer. Keeps no bytes itself, so that frames are read
/// in place; after an error the connection is of no use any more. No thread safety.
class RtspReader {
 public:
  enum class Stray {
    refuse,  ///< a server: what is no message is an error
    skip,    ///< a client: some cameras leave bytes between messages
  };
  struct Step {
    std::size_t consumed = 0;  ///< 0 with no item: more bytes are needed
    std::size_t stray = 0;     ///< of those consumed, bytes that belong to nothing
    std::variant<std::monostate, RtspRequest, RtspResponse, InterleavedFrame> item;
  };

  explicit RtspReader(Stray stray) : stray_(stray) {}

  /// Errors: invalid (not RTSP, a malformed header or Content-Length), full (more than max_rtsp_message or
  /// max_rtsp_headers).
  base::Result<Step> next(base::ByteView buffer);

 private:
  base::Result<Step> message(std::string_view text);
  std::size_t resynchronise(base::ByteView buffer, std::size_t from);

  Stray stray_;
  bool lost_ = false;  ///< stray bytes came last, so a frame has to prove itself
};

}  // namespace watchrig::media
