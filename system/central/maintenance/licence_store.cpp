#include "system/central/maintenance/licence_store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/central/maintenance/machine_identity.hpp"
#include "system/platform/data_folder.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto licence_name = "licence.txt";
constexpr auto latest_name = "latest_time";
constexpr auto machine_name = "machine";
constexpr base::Duration saved_every = std::chrono::hours(1);
constexpr std::string_view states[] = {"none",    "valid",          "expires_soon",
                                       "expired", "dongle_missing", "invalid"};

FieldError refuse(std::string field, ErrorKind kind, std::string message) {
  return {std::move(field), {kind, std::move(message)}};
}

/// The issuer's programs know the kind by the first line.
std::string content(std::string_view title, std::string_view fingerprint) {
  return fmt::format("{} 1\nfingerprint: {}\n", title, fingerprint);
}

}  // namespace

std::string_view to_string(LicenceState state) { return states[static_cast<std::size_t>(state)]; }

Result<std::unique_ptr<LicenceStore>> LicenceStore::open(Places places, const MakerKey& maker,
                                                         const base::Clock& clock) {
  if (auto made = platform::make_folder(places.folder, fs::perms::owner_all); !made) return made.error();
  std::unique_ptr<LicenceStore> store(new LicenceStore(std::move(places), maker, clock));
  if (const auto text = platform::read_text_file(store->places_.folder / latest_name)) {
    if (const auto latest = base::parse_utc(base::trim(*text))) store->latest_ = store->saved_ = *latest;
  }
  return store;
}

base::UtcTime LicenceStore::latest(const std::optional<base::UtcTime>& expires) const {
  latest_ = std::max(latest_, clock_.now());
  const bool just_expired = expires && saved_ < *expires && *expires <= latest_;
  if (just_expired || latest_ >= saved_ + saved_every) {
    if (const auto saved = save(); !saved) base::log_warning("licence: {}", saved.error().message);
  }
  return latest_;
}

Result<> LicenceStore::save() const {
  auto written = platform::write_text_file(places_.folder / latest_name, base::format_utc(latest_, 9) + "\n");
  if (written) saved_ = latest_;
  return written;
}

Result<std::optional<std::string>> LicenceStore::fingerprint_of(LicenceBinding binding) const {
  if (binding == LicenceBinding::dongle) {
    if (places_.dongle.empty()) return std::optional<std::string>();
    return dongle_fingerprint(places_.dongle);
  }
  auto machine = machine_fingerprint(places_.machine_id, places_.folder / machine_name);
  if (!machine) return machine.error();
  return std::optional(*std::move(machine));
}

Result<std::vector<FingerprintFile>> LicenceStore::fingerprint_files() const {
  const std::lock_guard lock(mutex_);
  const auto machine = fingerprint_of(LicenceBinding::software);
  if (!machine) return machine.error();
  std::vector<FingerprintFile> files{{"server.dat", **machine, content("WATCHRIG-SERVER", **machine)}};
  const auto dongle = fingerprint_of(LicenceBinding::dongle);
  if (dongle && *dongle) files.push_back({"dongle.dat", **dongle, content("WATCHRIG-DONGLE", **dongle)});
  return files;
}

FieldResult<void> LicenceStore::check(LicenceBinding binding, const Licence& licence) const {
  if (licence.binding != binding)
    return refuse(
        "encryption", ErrorKind::invalid,
        fmt::format("encryption must be \"{}\", to which this licence is bound", to_string(licence.binding)));
  const auto here = fingerprint_of(binding);
  if (!here) return FieldError{{}, here.error()};
  if (!*here)
    return refuse("encryption", ErrorKind::not_found,
                  "no dongle is there: plug it in, or import a software licence");
  if (licence.fingerprint != **here) {
    return refuse(
        "file", ErrorKind::denied,
        fmt::format("licence \"{}\" is for another {}: export the fingerprint of this one and have a "
                    "licence made for it",
                    licence.id, binding == LicenceBinding::software ? "machine" : "dongle"));
  }
  return {};
}

FieldResult<Licence> LicenceStore::import(LicenceBinding binding, std::string_view file) {
  const std::lock_guard lock(mutex_);
  auto licence = read_licence(file, maker_);
  if (!licence) {
    auto kind = licence.error().kind;
    if (kind == ErrorKind::corrupt) kind = ErrorKind::invalid;  // the sender's matter, not this server's
    return refuse("file", kind, licence.error().message);
  }
  if (auto checked = check(binding, *licence); !checked) return checked.error();
  const fs::path present = places_.folder / licence_name;
  // A licence that was issued later than all that was seen shows that the clock was wrong.
  const auto old = platform::read_text_file(present);
  const auto replaced = old ? read_licence(*old, maker_) : Result<Licence>(old.error());
  const bool is_newer = replaced && licence->issued > replaced->issued;
  const auto now = is_newer ? std::max(clock_.now(), licence->issued) : latest({});
  if (licence->expires && *licence->expires <= now)
    return refuse(
        "file", ErrorKind::conflict,
        fmt::format("licence \"{}\" has expired at {}", licence->id, base::format_utc(*licence->expires)));
  if (auto written = platform::write_text_file(present, file); !written)
    return FieldError{{}, written.error()};
  latest_ = now;
  if (const auto saved = save(); !saved) return FieldError{{}, saved.error()};
  return *std::move(licence);
}

LicenceStore::Shown LicenceStore::show() const {
  const std::lock_guard lock(mutex_);
  const fs::path file = places_.folder / licence_name;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {LicenceState::none, "import a licence to use the algorithms", {}};
  const auto text = platform::read_text_file(file);
  const auto licence = text ? read_licence(*text, maker_) : Result<Licence>(text.error());
  if (!licence) return {LicenceState::invalid, licence.error().message, {}};
  if (const auto checked = check(licence->binding, *licence); !checked) {
    const bool missing = checked.error().error.kind == ErrorKind::not_found;
    return {missing ? LicenceState::dongle_missing : LicenceState::invalid,
            missing ? "plug the dongle of this licence in" : checked.error().error.message, *licence};
  }
  const auto now = latest(licence->expires);
  if (!licence->expires || now < *licence->expires - soon) return {LicenceState::valid, {}, *licence};
  if (now < *licence->expires)
    return {LicenceState::expires_soon,
            fmt::format("expires at {}: have it renewed", base::format_utc(*licence->expires)), *licence};
  return {LicenceState::expired,
          fmt::format("expired at {}: import a new one", base::format_utc(*licence->expires)), *licence};
}

}  // namespace watchrig::central
