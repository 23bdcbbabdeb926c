#include "system/app/prepared_data.hpp"

#include <fstream>

#include <boost/asio/steady_timer.hpp>

#include "system/base/log.hpp"
#include "system/central/central.hpp"
#include "system/central/configuration/configuration_transfer.hpp"
#include "system/central/maintenance/installed_program.hpp"
#include "system/central/maintenance/upgrade_store.hpp"
#include "system/platform/data_erasure.hpp"
#include "system/platform/data_folder.hpp"

namespace watchrig::app {

using base::Result;

namespace {

constexpr const char* lock_name = "lock";  // in the data folder, by VolumeLock

/// What was ordered before the server ended, and a power cut may have interrupted.
Result<> carry_out_orders(const std::filesystem::path& folder, PreparedData& data) {
  auto lasting = central::Central::lasting_files();
  lasting.insert(lasting.end(), {recordings_name, lock_name});
  const auto erased = platform::erase_if_ordered(folder, lasting);
  if (!erased) return erased.error();
  if (*erased) data.news.push_back({.type = "system.factory-default", .message = **erased});
  const auto imported = central::finish_import(folder);
  if (!imported) return imported.error();
  if (*imported) data.news.push_back({.type = "system.configuration-replaced", .message = **imported});
  return {};
}

Result<> copy_databases(const ServerOptions& options, PreparedData& data) {
  if (options.restore_backup) {
    const auto restored = data.backups->restore(*options.restore_backup);
    if (!restored) return restored.error();
    base::log_warning("{}", *restored);
    data.news.push_back({.type = "system.backup-restored", .message = *restored});
  }
  if (auto checked = data.backups->check(); !checked) return checked;
  if (auto made = data.backups->make()) {
    data.copied = *std::move(made);
  } else {
    base::log_warning("{}", made.error().message);
  }
  return {};
}

}  // namespace

Result<PreparedData> prepare_data(const ServerOptions& options, const base::Clock& clock,
                                  const central::ProgramVersion& own,
                                  const boost::asio::any_io_executor& executor) {
  if (const auto& file = options.trace_file; !file.empty() && !std::ofstream(file, std::ios::app))
    return base::os_error("write the setting trace.file", file.string(), errno);
  namespace fs = std::filesystem;
  if (auto made = platform::make_folder(options.data, fs::perms::owner_all); !made) return made.error();
  PreparedData data;
  auto lock = storage::VolumeLock::take(options.data);
  if (!lock) return lock.error();
  data.lock = std::move(*lock);
  if (auto done = carry_out_orders(options.data, data); !done) return done.error();
  // Whoever restores by hand has chosen this program.
  if (!options.restore_backup && !options.trial) {
    central::InstalledProgram installed(options.data / central::upgrade_folder);
    data.upgrade = installed.next(own, options.maker);
    if (data.upgrade) {
      boost::asio::steady_timer(executor, clock.real(installed.pause())).wait();
      return data;
    }
  }
  data.backups =
      std::make_unique<platform::DatabaseBackups>(options.data, central::Central::databases(), clock,
                                                  std::set<std::string>{central::Central::event_database});
  if (auto copied = copy_databases(options, data); !copied) return copied.error();
  return data;
}

}  // namespace watchrig::app
