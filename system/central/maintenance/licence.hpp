#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"
#include "system/central/maintenance/signed_text.hpp"

namespace watchrig::central {

/// What a licence is bound to, "encryption type" in the words of the micro-centre manual.
enum class LicenceBinding {
  software,  ///< the machine
  dongle,    ///< a dongle, with which it may move to another machine
};
std::string_view to_string(LicenceBinding binding);
std::optional<LicenceBinding> licence_binding_from(std::string_view text);

/// Leave to use the algorithms of the server.
struct Licence {
  std::string id;  ///< by which its issuer knows it
  LicenceBinding binding = LicenceBinding::software;
  std::string fingerprint;              ///< of the machine or the dongle
  std::vector<std::string> algorithms;  ///< "face-recognition"
  std::int64_t channels = 0;            ///< that may be analysed at once
  base::UtcTime issued;
  std::optional<base::UtcTime> expires;  ///< from then on it is not good; none: never
};

/// Reads a file `WATCHRIG-LICENCE 1` with the fields id, encryption (software or dongle), fingerprint,
/// algorithms (with commas between), channels (0 to 100000), issued and expires (UTC, or "never"); others are
/// passed over. Errors: those of read_signed_text, and corrupt, which names the field.
base::Result<Licence> read_licence(std::string_view file, const MakerKey& maker);

}  // namespace watchrig::central
