#include "system/central/configuration/configuration_transfer.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "system/central/central.hpp"
#include "system/central/configuration/file_bundle.hpp"
#include "system/central/configuration/import_folder.hpp"
#include "system/central/configuration/sealed_file.hpp"
#include "system/platform/data_folder.hpp"
#include "system/platform/database_copy.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

bool is_database(const std::string& name) { return name.ends_with(".db"); }

Result<std::string> bytes_of(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(input), {}};
  if (!input.is_open() || input.bad())
    return Error{ErrorKind::io, fmt::format("{} cannot be read", file.string())};
  return bytes;
}

/// A folder for one call that goes with it.
class Scratch {
 public:
  explicit Scratch(const fs::path& data) {
    static std::atomic<unsigned> number = 0;
    folder_ = data / fmt::format("configuration-{}.part", ++number);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

/// Folders of the names, for their owner only.
Result<> make_folders(const fs::path& folder) {
  for (const auto& name : Central::configuration_files()) {
    if (auto made = platform::make_folder((folder / name).parent_path(), fs::perms::owner_all); !made)
      return made;
  }
  return {};
}

/// What is wrong with a file is its sender's matter, not damage of this server.
Error unusable(Error cause) {
  if (cause.kind != ErrorKind::full && cause.kind != ErrorKind::io && cause.kind != ErrorKind::unavailable)
    cause.kind = ErrorKind::invalid;
  return std::move(cause).within("the file cannot be used, and nothing has changed");
}

}  // namespace

Result<std::string> ConfigurationTransfer::write(std::string_view password) const {
  const Scratch scratch(data_);
  if (auto made = make_folders(scratch.folder()); !made) return made.error();
  FileBundle files;
  for (const auto& name : Central::configuration_files()) {
    std::error_code ignored;
    if (!fs::exists(data_ / name, ignored)) continue;
    auto file = data_ / name;
    if (is_database(name)) {
      file = scratch.folder() / name;
      if (auto copied = platform::copy_database(data_ / name, file); !copied) return copied.error();
    }
    auto bytes = bytes_of(file);
    if (!bytes) return bytes.error();
    files[name] = *std::move(bytes);
  }
  return seal_file(pack_bundle(files), password);
}

/// What is written is opened as a server would at its start: that brings an older program's databases up to
/// date, and refuses a newer one's.
Result<> ConfigurationTransfer::stage(const fs::path& folder, std::string_view content) const {
  const auto files = unpack_bundle(content);
  if (!files) return files.error();
  if (auto made = make_folders(folder); !made) return made;
  const auto known = Central::configuration_files();
  for (const auto& [name, bytes] : *files) {
    if (std::ranges::find(known, name) == known.end())
      return Error{ErrorKind::unsupported,
                   fmt::format("it holds {}, of which only a newer program knows", name)};
    if (auto written = platform::write_text_file(folder / name, bytes); !written) return written;
    if (!is_database(name)) continue;
    if (auto checked = platform::check_database(folder / name); !checked) return checked;
  }
  for (const char* needed : {"accounts.db", "settings.db", "devices.db", "secrets.key"}) {
    if (!files->contains(needed)) return Error{ErrorKind::corrupt, fmt::format("it holds no {}", needed)};
  }
  base::CorrectedClock clock(clock_.settings());
  const auto opened = Central::open(folder, clock, {});
  if (!opened) return opened.error();
  if (!(*opened)->accounts().initialised())
    return Error{ErrorKind::corrupt, "it holds no administrator, so nobody could sign in"};
  return {};
}

FieldResult<void> ConfigurationTransfer::order(std::string_view file, std::string_view password) {
  const std::lock_guard lock(ordering_);
  std::error_code ignored;
  if (fs::exists(data_ / import_name, ignored)) {
    return FieldError{{}, {ErrorKind::conflict, "a configuration is waiting for the next start already"}};
  }
  const auto content = open_sealed_file(file, password);
  if (!content) {
    if (content.error().kind == ErrorKind::denied) return FieldError{"password", content.error()};
    return FieldError{{}, unusable(content.error())};
  }
  const Scratch scratch(data_);
  auto staged = stage(scratch.folder(), *content);
  if (staged) staged = place_order(data_, scratch.folder(), clock_.now());
  if (!staged) return FieldError{{}, unusable(staged.error())};
  return {};
}

void ConfigurationTransfer::withdraw() {
  const std::lock_guard lock(ordering_);
  std::error_code ignored;
  fs::remove_all(data_ / import_name, ignored);
}

}  // namespace watchrig::central
