#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/central/configuration/file_bundle.hpp"

// Files that were understood can be packed and understood again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace watchrig::central;
  const auto files = unpack_bundle({reinterpret_cast<const char*>(data), size});
  if (!files) return 0;
  const auto again = unpack_bundle(pack_bundle(*files));
  if (!again || *again != *files) std::abort();
  return 0;
}
