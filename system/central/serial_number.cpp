#include "system/central/serial_number.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t length = 16;
/// Without those that people take for each other.
constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

bool is_serial_number(std::string_view text) {
  return text.size() == length && text.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

Result<std::string> open_serial_number(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    const auto text = platform::read_text_file(file);
    if (!text) return text.error();
    std::string number(base::trim(*text));
    if (is_serial_number(number)) return number;
    return Error{
        ErrorKind::corrupt,
        fmt::format("{} holds no serial number; write it there again, or remove the file for a new one",
                    file.string())};
  }
  std::array<unsigned char, length> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return Error{ErrorKind::io, "the operating system gives no random numbers"};
  std::string number;
  for (const auto byte : bytes) number += letters[byte % letters.size()];
  if (auto written = platform::write_text_file(file, number + "\n"); !written) return written.error();
  return number;
}

}  // namespace watchrig::central
