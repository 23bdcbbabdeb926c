#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/central/maintenance/upgrade_package.hpp"

namespace watchrig::central {

/// The program of an upgrade, which a start runs in place of its own for as long as it is newer. One that has
/// not come up at three starts gives way: for good to the version that it replaced when it has never come up
/// here, else for one run, since it worked before. Files in a folder of the data folder, which one server at
/// a time uses.
class InstalledProgram {
 public:
  static constexpr auto beginning_name = "beginning";       ///< of the package, beside its files
  static constexpr auto trial_name = "trial";               ///< the empty folder of a trial
  static constexpr auto incoming_name = "incoming";         ///< a package that is being installed
  static constexpr std::string_view part_suffix = ".part";  ///< of the folder of a version until all is there
  static constexpr unsigned most_tries = 3;
  static constexpr base::Duration pause_between_tries = std::chrono::seconds(5);

  explicit InstalledProgram(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// From the next start on, the files in the folder of that version. Errors: io.
  base::Result<> order(const ProgramVersion& version, const ProgramVersion& own);
  /// Takes that back: the version that it was to replace is run again, if it was an upgrade too. Errors: io.
  base::Result<> withdraw();

  /// The program to run in place of one's own; counts a try. Nothing when there is none that is newer, when
  /// it does not come up, or when it was changed since the maker has signed it (log).
  std::optional<std::filesystem::path> next(const ProgramVersion& own, const MakerKey& maker);

  /// How long to wait before running it: what kept the last try from coming up may pass.
  base::Duration pause() const;

  struct News {
    std::string type;  ///< of an event: system.upgraded, system.upgrade-failed
    std::string message;
  };
  /// The server of this version is up: there is something to tell, once. Tries begin anew.
  std::optional<News> came_up(const ProgramVersion& own);
  /// One's own program does not come up either, so that it is not the upgrade's fault.
  void forget_tries();
  /// Removes versions that nothing goes back to, and what an install left that was cut off. Of a server that
  /// is up, before anything can be installed.
  void tidy(const ProgramVersion& own) const;

 private:
  std::optional<ProgramVersion> version_in(const char* name) const;
  bool on_probation() const;
  base::Result<> give_up(const ProgramVersion& version);
  unsigned tries() const;
  base::Result<> check(const ProgramVersion& version, const MakerKey& maker) const;
  void remove(const char* name) const;

  const std::filesystem::path folder_;
};

}  // namespace watchrig::central
