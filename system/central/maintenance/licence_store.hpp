#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "system/central/field_error.hpp"
#include "system/central/maintenance/licence.hpp"

namespace watchrig::central {

enum class LicenceState {
  none,  ///< there is none
  valid,
  expires_soon,  ///< within LicenceStore::soon
  expired,
  dongle_missing,
  invalid,  ///< changed on the disk, of another machine, or its maker is not known any more
};
std::string_view to_string(LicenceState state);

/// What the issuer of a licence needs to know of a machine or a dongle.
struct FingerprintFile {
  std::string name;
  std::string fingerprint;
  std::string content;
};

/// In the data folder.
inline constexpr auto licence_folder = "licence";

/// The licence of this server, which is a file in the data folder that is checked anew each time. A clock
/// that is set back does not bring an expired one back: the latest time that was ever seen counts. Any
/// thread; calls read the disk.
class LicenceStore {
 public:
  static constexpr auto soon = std::chrono::days(30);

  struct Places {
    std::filesystem::path folder;  ///< of its own, in the data folder
    std::filesystem::path dongle;  ///< what a dongle's driver shows; empty: none can be plugged in
    std::filesystem::path machine_id = "/etc/machine-id";
  };
  struct Shown {
    LicenceState state = LicenceState::none;
    std::string message;             ///< why it is not good, or what to do
    std::optional<Licence> licence;  ///< unless none or invalid
  };

  /// The clock outlives it. Errors: denied, io.
  static base::Result<std::unique_ptr<LicenceStore>> open(Places places, const MakerKey& maker,
                                                          const base::Clock& clock);

  Shown show() const;
  /// `server.dat`, and `dongle.dat` while a dongle is there.
  /// Errors: io, unavailable.
  base::Result<std::vector<FingerprintFile>> fingerprint_files() const;
  /// Puts a licence in the place of the present one. Errors, with the field `encryption` or `file`: denied
  /// (forged, of another machine or dongle), invalid, unsupported, conflict (expired), not_found (no dongle),
  /// io; nothing has changed then.
  FieldResult<Licence> import(LicenceBinding binding, std::string_view file);

 private:
  LicenceStore(Places places, const MakerKey& maker, const base::Clock& clock)
      : places_(std::move(places)), maker_(maker), clock_(clock) {}
  base::Result<std::optional<std::string>> fingerprint_of(LicenceBinding binding) const;
  FieldResult<void> check(LicenceBinding binding, const Licence& licence) const;
  // Under mutex_.
  /// The latest time that was seen; saved once an hour, and when a licence expires.
  base::UtcTime latest(const std::optional<base::UtcTime>& expires) const;
  base::Result<> save() const;

  const Places places_;
  const MakerKey maker_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  mutable base::UtcTime latest_{};
  mutable base::UtcTime saved_{};
};

}  // namespace watchrig::central
