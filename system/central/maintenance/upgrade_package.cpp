#include "system/central/maintenance/upgrade_package.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/platform/sha256.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view title = "WATCHRIG-UPGRADE";
constexpr std::string_view kinds[] = {"update", "system", "module"};
constexpr unsigned most_of_version = 9999;
constexpr std::size_t parts_of_version = 3;
constexpr std::size_t parts_of_file = 3;
constexpr std::size_t longest_name = 64;
constexpr std::size_t block_bytes = 1 << 16;

Error damaged(std::string why) { return {ErrorKind::corrupt, "the upgrade is damaged: " + std::move(why)}; }

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name.front() != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
             std::string_view::npos;
}

bool is_digest(std::string_view text) {
  return text.size() == 2 * platform::Sha256::bytes &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<UpgradeFile> read_file_line(std::string_view line) {
  const auto parts = base::split(line, ' ');
  const auto bytes = base::parse_number<std::uint64_t>(parts.front());
  if (parts.size() != parts_of_file || !bytes || *bytes > UpgradePackage::most_bytes ||
      !is_digest(parts[1]) || !is_file_name(parts[2]))
    return damaged(fmt::format("its file \"{}\" is none", line.substr(0, longest_name)));
  return UpgradeFile{*bytes, std::string(parts[1]), std::string(parts[2])};
}

Result<> check_contents(const UpgradePackage& upgrade) {
  std::set<std::string> names;
  for (const auto& file : upgrade.files) names.insert(file.name);
  if (upgrade.files.empty() || names.size() != upgrade.files.size() ||
      names.size() > UpgradePackage::most_files)
    return damaged("it must have 1 to 64 files of different names");
  if (upgrade.kind == UpgradeKind::module) {
    const std::set<std::string> types(upgrade.modules.begin(), upgrade.modules.end());
    if (types.empty()) return damaged("it is for no module");
    if (types.size() == 1) return {};
    return Error{
        ErrorKind::unsupported,
        fmt::format("one upgrade is for modules of one type, this one is for {}", base::joined(types, ", "))};
  }
  if (!names.contains(std::string(UpgradePackage::program)))
    return damaged(fmt::format("it holds no {}", UpgradePackage::program));
  if (upgrade.kind == UpgradeKind::update && names.size() > 1)
    return damaged("an update holds the program alone");
  return {};
}

}  // namespace

std::optional<ProgramVersion> ProgramVersion::from(std::string_view text) {
  const auto parts = base::split(text, '.');
  if (parts.size() != parts_of_version) return std::nullopt;
  std::array<unsigned, parts_of_version> numbers{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = base::parse_number<unsigned>(parts[i]);
    if (!number || *number > most_of_version) return std::nullopt;
    numbers[i] = *number;
  }
  return ProgramVersion{numbers[0], numbers[1], numbers[2]};
}

std::string ProgramVersion::text() const {
  return fmt::format("{}.{}.{}", major_number, minor_number, patch);
}

std::string_view to_string(UpgradeKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::optional<UpgradeKind> upgrade_kind_from(std::string_view text) {
  const auto* found = std::ranges::find(kinds, text);
  if (found == std::end(kinds)) return std::nullopt;
  return static_cast<UpgradeKind>(found - std::begin(kinds));
}

Result<UpgradePackage> read_upgrade(std::string_view file, const MakerKey& maker) {
  const auto text = read_signed_text(file, title, maker);
  if (!text) return text.error();
  UpgradePackage upgrade;
  upgrade.beginning = file.substr(0, text->bytes);
  const auto kind = upgrade_kind_from(text->value("kind"));
  if (!kind) return damaged("its kind is none of update, system and module");
  upgrade.kind = *kind;
  const auto version = ProgramVersion::from(text->value("version"));
  if (!version) return damaged("its version is not like 1.2.3");
  upgrade.version = *version;
  for (const auto& [name, value] : text->fields) {
    if (name == "module") upgrade.modules.push_back(value);
    if (name != "file") continue;
    auto read = read_file_line(value);
    if (!read) return read.error();
    upgrade.files.push_back(*std::move(read));
  }
  if (auto checked = check_contents(upgrade); !checked) return checked.error();
  return upgrade;
}

Result<std::string> sha256_of(const fs::path& file, std::uint64_t offset, std::uint64_t bytes) {
  std::ifstream input(file, std::ios::binary);
  input.seekg(static_cast<std::streamoff>(offset));
  if (!input) return Error{ErrorKind::io, fmt::format("{} cannot be read", file.string())};
  platform::Sha256 digest;
  std::vector<char> block(block_bytes);
  while (bytes > 0) {
    input.read(block.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(bytes, block.size())));
    const auto count = static_cast<std::size_t>(input.gcount());
    if (count == 0) break;
    digest.add(block.data(), count);
    bytes -= count;
  }
  return digest.take();
}

Result<> check_upgrade_files(const fs::path& package, const UpgradePackage& upgrade) {
  std::uint64_t expected = upgrade.beginning.size();
  for (const auto& file : upgrade.files) expected += file.bytes;
  std::error_code failure;
  const auto size = fs::file_size(package, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", package.string(), failure.message())};
  if (size < expected)
    return damaged(fmt::format("it was cut short: {} of {} bytes are there", size, expected));
  if (size > expected) return damaged(fmt::format("{} bytes follow its end", size - expected));
  std::uint64_t offset = upgrade.beginning.size();
  for (const auto& file : upgrade.files) {
    const auto digest = sha256_of(package, offset, file.bytes);
    if (!digest) return digest.error();
    if (*digest != file.sha256) return damaged(fmt::format("the check sum of {} is wrong", file.name));
    offset += file.bytes;
  }
  return {};
}

Result<> check_unpacked_files(const fs::path& folder, const UpgradePackage& upgrade) {
  for (const auto& file : upgrade.files) {
    std::error_code failure;
    const auto size = fs::file_size(folder / file.name, failure);
    if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", file.name, failure.message())};
    if (size != file.bytes) return Error{ErrorKind::corrupt, file.name + " was changed: its size is another"};
    const auto digest = sha256_of(folder / file.name, 0, file.bytes);
    if (!digest) return digest.error();
    if (*digest != file.sha256) return Error{ErrorKind::corrupt, file.name + " was changed"};
  }
  return {};
}

}  // namespace watchrig::central
