#include "system/central/devices/name_search.hpp"

#include <clocale>
#include <cwchar>
#include <cwctype>

namespace watchrig::central {
namespace {

/// The rules of all scripts, whatever the language of the process is.
locale_t all_scripts() {
  static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

/// Length of the sequence and its code point; length 1 with the byte itself for what is no UTF-8.
std::pair<std::size_t, char32_t> decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  if (size == 1 || text.size() < size) return {1, first};
  char32_t point = first & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {1, first};
    point = (point << 6) | (byte(i) & 0x3f);
  }
  return {size, point};
}

void append(std::string& text, char32_t point) {
  const auto put = [&](char32_t bits) { text += static_cast<char>(bits); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | (point >> 6));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3f));
  } else {
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

}  // namespace

std::string folded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto [size, point] = decode(text);
    if (size == 1 && point >= 0x80) {
      result += text[0];
    } else if (point < 0x80) {
      result += point >= 'A' && point <= 'Z' ? static_cast<char>(point + 32) : text[0];
    } else {
      append(result, static_cast<char32_t>(::towlower_l(static_cast<wint_t>(point), all_scripts())));
    }
    text.remove_prefix(size);
  }
  return result;
}

}  // namespace watchrig::central
