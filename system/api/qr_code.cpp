#include "system/api/qr_code.hpp"

#include <memory>
#include <qrencode.h>

#include <fmt/format.h>

namespace watchrig::api {

namespace {

constexpr std::size_t longest = 512;
constexpr int quiet = 4;

}  // namespace

base::Result<std::string> qr_code_svg(const std::string& text) {
  const base::Error wrong{base::ErrorKind::invalid, "a QR code takes 1 to 512 bytes without a NUL"};
  if (text.empty() || text.size() > longest || text.find('\0') != std::string::npos) return wrong;
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
      QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M), QRcode_free);
  if (!code) return wrong;
  const int size = code->width + 2 * quiet;
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">)"
      R"(<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path d=")",
      size);
  for (int y = 0; y < code->width; ++y) {
    for (int x = 0; x < code->width; ++x) {
      if ((code->data[y * code->width + x] & 1U) != 0U)
        svg += fmt::format("M{} {}h1v1h-1z", x + quiet, y + quiet);
    }
  }
  return svg + R"("/></svg>)";
}

}  // namespace watchrig::api
