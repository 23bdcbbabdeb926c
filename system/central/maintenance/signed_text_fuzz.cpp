#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/central/maintenance/signed_text.hpp"

// What was understood lies within the file and ends with its signature, which nobody has made.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace watchrig::central;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto text = parse_signed_text(file, "WATCHRIG-UPGRADE");
  if (!text) return 0;
  if (text->bytes > size || file[text->bytes - 1] != '\n' || text->fields.back().first != "signature")
    std::abort();
  if (read_signed_text(file, "WATCHRIG-UPGRADE", MakerKey())) std::abort();
  return 0;
}
