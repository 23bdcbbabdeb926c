#include "scenarios/engine/moment.hpp"

#include <fmt/format.h>

namespace watchrig::scenarios {

namespace {

std::size_t find_offset(std::string_view text) {
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    const bool sign = text[i] == '+' || text[i] == '-';
    if (sign && text[i + 1] >= '0' && text[i + 1] <= '9') return i;
  }
  return text.size();
}

}  // namespace

base::Result<Moment> parse_moment(std::string_view text) {
  const auto split = find_offset(text);
  Moment moment{std::string(text.substr(0, split)), {}};
  if (moment.name.empty() || moment.name.find_first_of(" \t") != std::string::npos) {
    return base::Error{
        base::ErrorKind::invalid,
        fmt::format("\"{}\" is no point in time (write a mark, \"now\" or \"begin\", with an offset "
                    "if need be: \"cut+2s\")",
                    text)};
  }
  if (split == text.size()) return moment;
  auto offset = base::parse_duration(text.substr(split + 1));
  if (!offset) return std::move(offset).error();
  moment.offset = text[split] == '-' ? -*offset : *offset;
  return moment;
}

}  // namespace watchrig::scenarios
