#include "system/central/maintenance/installed_program.hpp"

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto installed_name = "installed";  ///< its version
constexpr auto replaced_name = "replaced";    ///< the version before, until it has come up
constexpr auto tries_name = "tries";

}  // namespace

Result<> InstalledProgram::order(const ProgramVersion& version, const ProgramVersion& own) {
  remove(tries_name);
  auto written = platform::write_text_file(folder_ / replaced_name, own.text());
  if (written) written = platform::write_text_file(folder_ / installed_name, version.text());
  return written;
}

void InstalledProgram::withdraw() {
  for (const auto* name : {installed_name, replaced_name, tries_name}) remove(name);
}

std::optional<fs::path> InstalledProgram::next(const ProgramVersion& own, const MakerKey& maker) {
  const auto version = version_in(installed_name);
  if (!version || *version <= own) return std::nullopt;
  const auto count = tries();
  if (count >= most_tries) {
    base::log_error("upgrade {}: it has not come up {} times", version->text(), count);
    return std::nullopt;
  }
  auto good = check(*version, maker);
  if (good) good = platform::write_text_file(folder_ / tries_name, std::to_string(count + 1));
  if (good) return folder_ / version->text() / UpgradePackage::program;
  base::log_error("upgrade {} is not run: {}", version->text(), good.error().message);
  return std::nullopt;
}

std::optional<InstalledProgram::News> InstalledProgram::came_up(const ProgramVersion& own) {
  const auto installed = version_in(installed_name);
  if (!installed) return std::nullopt;
  if (*installed > own) {
    withdraw();
    return News{
        "system.upgrade-failed",
        fmt::format(
            "version {} did not come up or was damaged; version {} goes on: upload it again, or another one",
            installed->text(), own.text())};
  }
  const auto replaced = version_in(replaced_name);
  remove(tries_name);
  remove(replaced_name);
  if (!replaced || *installed != own) return std::nullopt;
  return News{"system.upgraded", fmt::format("version {} runs in place of {}", own.text(), replaced->text())};
}

void InstalledProgram::forget_tries() { remove(tries_name); }

std::optional<ProgramVersion> InstalledProgram::version_in(const char* name) const {
  const auto text = platform::read_text_file(folder_ / name);
  return text ? ProgramVersion::from(base::trim(*text)) : std::nullopt;
}

unsigned InstalledProgram::tries() const {
  const auto text = platform::read_text_file(folder_ / tries_name);
  return text ? base::parse_number<unsigned>(base::trim(*text)).value_or(most_tries) : 0;
}

Result<> InstalledProgram::check(const ProgramVersion& version, const MakerKey& maker) const {
  const auto folder = folder_ / version.text();
  const auto beginning = platform::read_text_file(folder / beginning_name);
  if (!beginning) return beginning.error();
  const auto upgrade = read_upgrade(*beginning, maker);
  if (!upgrade) return upgrade.error();
  if (upgrade->version != version) return Error{ErrorKind::corrupt, "it is of another version"};
  for (const auto& file : upgrade->files) {
    const auto digest = sha256_of(folder / file.name, 0, UpgradePackage::most_bytes);
    if (!digest) return digest.error();
    if (*digest != file.sha256) return Error{ErrorKind::corrupt, file.name + " was changed"};
  }
  return {};
}

void InstalledProgram::remove(const char* name) const {
  std::error_code ignored;
  fs::remove(folder_ / name, ignored);
}

}  // namespace watchrig::central
