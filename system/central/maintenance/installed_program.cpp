#include "system/central/maintenance/installed_program.hpp"

#include <set>
#include <vector>

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
constexpr auto failed_name = "failed";  ///< the version that was given up, until that is told

}  // namespace

Result<> InstalledProgram::order(const ProgramVersion& version, const ProgramVersion& own) {
  remove(tries_name);
  auto written = platform::write_text_file(folder_ / replaced_name, own.text());
  if (written) written = platform::write_text_file(folder_ / installed_name, version.text());
  return written;
}

Result<> InstalledProgram::withdraw() {
  const auto before = version_in(replaced_name);
  if (before && fs::is_directory(folder_ / before->text())) {
    if (auto written = platform::write_text_file(folder_ / installed_name, before->text()); !written)
      return written;
  } else {
    remove(installed_name);
  }
  for (const auto* name : {replaced_name, tries_name}) remove(name);
  return {};
}

/// After a power cut within withdraw() both files name the same version.
bool InstalledProgram::on_probation() const {
  const auto before = version_in(replaced_name);
  const auto installed = version_in(installed_name);
  return before && installed && *before < *installed;
}

Result<> InstalledProgram::give_up(const ProgramVersion& version) {
  auto done = platform::write_text_file(folder_ / failed_name, version.text());
  if (done) done = withdraw();
  return done;
}

std::optional<fs::path> InstalledProgram::next(const ProgramVersion& own, const MakerKey& maker) {
  // Each round gives up a version for an older one.
  for (auto version = version_in(installed_name); version && *version > own;
       version = version_in(installed_name)) {
    const auto count = tries();
    auto good = count < most_tries
                    ? check(*version, maker)
                    : Error{ErrorKind::timeout, fmt::format("it has not come up {} times", count)};
    if (good) good = platform::write_text_file(folder_ / tries_name, std::to_string(count + 1));
    if (good) return folder_ / version->text() / UpgradePackage::program;
    base::log_error("upgrade {} is not run: {}", version->text(), good.error().message);
    if (!on_probation()) {
      remove(tries_name);
      return std::nullopt;
    }
    if (auto given_up = give_up(*version); !given_up) {
      base::log_error("{}", given_up.error().message);
      return std::nullopt;
    }
  }
  return std::nullopt;
}

base::Duration InstalledProgram::pause() const {
  return tries() > 1 ? pause_between_tries : base::Duration::zero();
}

std::optional<InstalledProgram::News> InstalledProgram::came_up(const ProgramVersion& own) {
  const auto installed = version_in(installed_name);
  const auto replaced = version_in(replaced_name);
  const auto failed = version_in(failed_name);
  remove(tries_name);
  remove(failed_name);
  if (failed) {
    return News{
        "system.upgrade-failed",
        fmt::format(
            "version {} did not come up or was damaged; version {} goes on: upload it again, or another one",
            failed->text(), own.text())};
  }
  if (installed && *installed > own) {
    return News{"system.upgrade-failed",
                fmt::format("version {}, which is installed, did not come up or was damaged; version {} goes "
                            "on until the next start, which tries it again: if it stays so, upload it again",
                            installed->text(), own.text())};
  }
  remove(replaced_name);
  if (!replaced || !installed || *installed != own || *replaced == own) return std::nullopt;
  return News{"system.upgraded", fmt::format("version {} runs in place of {}", own.text(), replaced->text())};
}

void InstalledProgram::forget_tries() { remove(tries_name); }

void InstalledProgram::tidy(const ProgramVersion& own) const {
  const std::set<std::optional<ProgramVersion>> kept{own, version_in(installed_name),
                                                     version_in(replaced_name)};
  std::error_code failure;
  std::vector<fs::path> useless;
  for (fs::directory_iterator it(folder_, failure), end; !failure && it != end; it.increment(failure)) {
    const auto name = it->path().filename().string();
    const auto version = ProgramVersion::from(name);
    if (version ? !kept.contains(version)
                : name == trial_name || name == incoming_name || name.ends_with(part_suffix))
      useless.push_back(it->path());
  }
  for (const auto& path : useless) fs::remove_all(path, failure);
}

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
  return check_unpacked_files(folder, *upgrade);
}

void InstalledProgram::remove(const char* name) const {
  std::error_code ignored;
  fs::remove(folder_ / name, ignored);
}

}  // namespace watchrig::central
