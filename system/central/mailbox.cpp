#include "system/central/mailbox.hpp"

#include <algorithm>

namespace watchrig::central {

bool is_mailbox(std::string_view text) {
  const auto at = text.find('@');
  return text.size() <= 254 && at != 0 && at != std::string_view::npos && at <= 64 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c <= '~' && std::string_view("()<>[]\\,;:\"").find(c) == std::string_view::npos;
         });
}

}  // namespace watchrig::central
