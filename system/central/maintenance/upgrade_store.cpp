#include "system/central/maintenance/upgrade_store.hpp"

#include <fstream>

#include <fmt/format.h>

#include "system/central/maintenance/installed_program.hpp"
#include "system/platform/data_folder.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t longest_beginning = SignedText::most_bytes + 256;
constexpr std::size_t block_bytes = 1 << 16;

FieldError refuse(std::string field, ErrorKind kind, std::string message) {
  return {std::move(field), {kind, std::move(message)}};
}

/// What is wrong with a file is its sender's matter, not damage of this server.
FieldError of_file(Error error) {
  if (error.kind == ErrorKind::corrupt || error.kind == ErrorKind::timeout) error.kind = ErrorKind::invalid;
  return {"file", std::move(error)};
}

Error nothing_uploaded() {
  return {ErrorKind::conflict, "nothing was uploaded: PUT /api/v1/system/uploads/{kind} first"};
}

Result<std::string> beginning_of(const fs::path& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) return nothing_uploaded();
  std::string text(longest_beginning, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  return text;
}

/// Copies from where `input` stands.
Result<> copy_out(std::ifstream& input, const UpgradeFile& file, const fs::path& target) {
  std::ofstream output(target, std::ios::binary);
  std::vector<char> block(block_bytes);
  for (auto left = file.bytes; left > 0 && input && output;) {
    input.read(block.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(left, block.size())));
    output.write(block.data(), input.gcount());
    left -= static_cast<std::uint64_t>(input.gcount());
  }
  output.close();
  if (!input || !output)
    return Error{ErrorKind::full, fmt::format("{} cannot be written: is the disk full?", target.string())};
  std::error_code failure;
  fs::permissions(target, fs::perms::owner_all, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", target.string(), failure.message())};
  return platform::sync_to_disk(target);
}

}  // namespace

class UpgradeStore::InProgress {
 public:
  explicit InProgress(UpgradeStore& store) : store_(store) { count(1); }
  ~InProgress() { count(-1); }
  InProgress(const InProgress&) = delete;
  InProgress& operator=(const InProgress&) = delete;

 private:
  void count(int by) {
    const std::lock_guard lock(store_.mutex_);
    store_.checking_ += by;
  }
  UpgradeStore& store_;
};

void UpgradeStore::note_upload(UpgradeKind kind) {
  const std::lock_guard lock(mutex_);
  last_pieces_[kind] = clock_.now();
}

void UpgradeStore::end_upload(UpgradeKind kind) {
  const std::lock_guard lock(mutex_);
  last_pieces_.erase(kind);
}

std::optional<std::string> UpgradeStore::in_progress(std::optional<UpgradeKind> but_for) const {
  const std::lock_guard lock(mutex_);
  if (checking_ > 0) return "an upgrade is being checked: wait until that is over";
  for (const auto& [kind, piece] : last_pieces_) {
    if (kind != but_for && clock_.now() < piece + upload_patience)
      return fmt::format("an upgrade is being uploaded: install it, or withdraw the upload \"{}\"",
                         to_string(kind));
  }
  return std::nullopt;
}

FieldResult<UpgradePackage> UpgradeStore::check(UpgradeKind kind, const std::string& name,
                                                const fs::path& file) {
  const InProgress checking(*this);
  if (!name.ends_with(suffix) || name.size() == suffix.size())
    return refuse("name", ErrorKind::invalid, fmt::format("an upgrade is a file that ends in {}", suffix));
  const auto text = beginning_of(file);
  if (!text) return FieldError{{}, text.error()};
  auto upgrade = read_upgrade(*text, maker_);
  if (!upgrade) return of_file(upgrade.error());
  if (upgrade->kind != kind) {
    return refuse("kind", ErrorKind::invalid,
                  fmt::format("the file is of the kind \"{}\": upload it as that", to_string(upgrade->kind)));
  }
  if (auto checked = check_upgrade_files(file, *upgrade); !checked) return of_file(checked.error());
  if (kind == UpgradeKind::module) {
    return refuse("file", ErrorKind::conflict,
                  fmt::format("no module of the type \"{}\" is online", upgrade->modules.front()));
  }
  if (upgrade->version <= own_) {
    return refuse("file", ErrorKind::conflict,
                  fmt::format("version {} is not newer than {}, which is running", upgrade->version.text(),
                              own_.text()));
  }
  return *std::move(upgrade);
}

Result<> UpgradeStore::unpack(const UpgradePackage& upgrade, const fs::path& file,
                              const fs::path& folder) const {
  std::ifstream input(file, std::ios::binary);
  input.seekg(static_cast<std::streamoff>(upgrade.beginning.size()));
  for (const auto& one : upgrade.files) {
    if (auto copied = copy_out(input, one, folder / one.name); !copied) return copied;
  }
  auto written = platform::write_text_file(folder / InstalledProgram::beginning_name, upgrade.beginning);
  // Whoever had the upload open may have gone on writing to it.
  if (written) written = check_unpacked_files(folder, upgrade);
  return written;
}

Result<> UpgradeStore::try_out(const UpgradePackage& upgrade, const fs::path& folder) const {
  const auto scratch = folder_ / InstalledProgram::trial_name;
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  const auto version = trial_(folder / UpgradePackage::program, scratch);
  fs::remove_all(scratch, ignored);
  if (!version) return version.error();
  if (*version == upgrade.version.text()) return {};
  return Error{ErrorKind::invalid, fmt::format("the program says that it is version \"{}\", not {}",
                                               version->substr(0, 64), upgrade.version.text())};
}

/// Under a name that no start looks for, until all of it is there and was tried.
Result<> UpgradeStore::stage(const UpgradePackage& upgrade, const fs::path& file) const {
  const auto part = folder_ / (upgrade.version.text() + std::string(InstalledProgram::part_suffix));
  const auto whole = folder_ / upgrade.version.text();
  std::error_code failure;
  fs::remove_all(part, failure);
  if (auto made = platform::make_folder(part, fs::perms::owner_all); !made) return made;
  auto staged = unpack(upgrade, file, part);
  if (staged) staged = try_out(upgrade, part);
  if (!staged) {
    fs::remove_all(part, failure);
    return staged;
  }
  fs::remove_all(whole, failure);
  fs::rename(part, whole, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", whole.string(), failure.message())};
  return InstalledProgram(folder_).order(upgrade.version, own_);
}

FieldResult<UpgradePackage> UpgradeStore::install(UpgradeKind kind, const std::string& name,
                                                  const fs::path& file) {
  const std::lock_guard lock(installing_);
  const InProgress installing(*this);
  end_upload(kind);
  if (auto made = platform::make_folder(folder_, fs::perms::owner_all); !made) return of_file(made.error());
  const auto taken = folder_ / InstalledProgram::incoming_name;
  std::error_code failure;
  fs::rename(file, taken, failure);
  if (failure == std::errc::no_such_file_or_directory) return FieldError{{}, nothing_uploaded()};
  if (failure) return of_file({ErrorKind::io, fmt::format("{}: {}", file.string(), failure.message())});
  auto upgrade = check(kind, name, taken);
  const auto staged = upgrade ? stage(*upgrade, taken) : Result<>();
  fs::remove(taken, failure);
  if (!staged) return of_file(staged.error());
  return upgrade;
}

Result<> UpgradeStore::withdraw() { return InstalledProgram(folder_).withdraw(); }

}  // namespace watchrig::central
