#include <cstdlib>

#include "system/media/digest_auth.hpp"
#include "system/media/rtsp_headers.hpp"
#include "system/media/rtsp_message.hpp"
#include "system/media/rtsp_post.hpp"
#include "system/media/rtsp_tunnel.hpp"
#include "system/media/rtsp_url.hpp"

namespace {

using namespace watchrig::media;  // NOLINT(google-build-using-namespace): the program has no other purpose

void use(const RtspHeaders& headers) {
  for (const auto& [name, value] : headers.fields()) {
    (void)parse_transport(value);
    (void)parse_session(value);
    (void)is_live_range(value);
    (void)parse_challenge(value);
    (void)parse_rtsp_url(value);
    (void)percent_decode(value);
    static const DigestServer server("fuzz");
    (void)server.check(value, "PLAY", "rtsp://h/", [](std::string_view) { return std::string("p"); });
  }
  (void)sequence_of(headers);
}

/// What was read can be written, and is then read as the same message.
template <class Message>
void round_trip(const Message& message) {
  use(message.headers);
  const std::string text = serialise(message);
  RtspReader reader(RtspReader::Stray::skip);
  const auto step = reader.next({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  if (!step) return;  // Content-Length may have been written twice, or the size passed the limit
  const auto* again = std::get_if<Message>(&step->item);
  if (!again || again->body != message.body) std::abort();
}

/// RTSP through HTTP: the heads of both sides, and a body that is the same however it is cut.
void use_as_tunnel(watchrig::base::ByteView bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto head = parse_tunnel_head(text);
  if (head && *head && ((*head)->size > text.size() || (*head)->cookie.empty())) std::abort();
  const auto answer = RtspPost::take_answer(bytes);
  if (answer && *answer && **answer > bytes.size()) std::abort();
  (void)RtspPost::check_answer(text.substr(0, text.find('\r')));
  Base64Stream whole;
  Base64Stream cut;
  watchrig::base::Bytes at_once;
  watchrig::base::Bytes in_two;
  const auto half = bytes.size() / 2;
  const bool taken = whole.decode(bytes, at_once).has_value();
  const bool first = cut.decode(bytes.first(half), in_two).has_value();
  const bool both = first && cut.decode(bytes.subspan(half), in_two).has_value();
  if (taken != both || at_once != in_two || at_once.size() > bytes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  RtspReader reader(data[0] & 1 ? RtspReader::Stray::skip : RtspReader::Stray::refuse);
  watchrig::base::ByteView rest(data + 1, size - 1);
  use_as_tunnel(rest);
  for (;;) {
    const auto step = reader.next(rest);
    if (!step || step->consumed == 0) return 0;
    if (step->consumed > rest.size() || step->stray > step->consumed) std::abort();
    if (const auto* request = std::get_if<RtspRequest>(&step->item)) round_trip(*request);
    if (const auto* response = std::get_if<RtspResponse>(&step->item)) round_trip(*response);
    rest = rest.subspan(step->consumed);
  }
}
