#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "system/app/server_options.hpp"
#include "system/central/event_log.hpp"
#include "system/central/maintenance/upgrade_package.hpp"
#include "system/platform/database_backups.hpp"
#include "system/storage/volume_lock.hpp"

namespace watchrig::app {

/// The data folder of a server, before anything in it is opened.
struct PreparedData {
  std::optional<storage::VolumeLock> lock;  ///< no other server may touch it
  std::optional<std::filesystem::path>
      upgrade;  ///< the program to run in place of this one: all else is left
  std::unique_ptr<platform::DatabaseBackups> backups;
  std::string copied;                ///< the backup made now
  std::vector<central::Event> news;  ///< what was done to it, for the log
};

/// Makes the folder, erases or replaces what was ordered to be, and copies the databases, since a newer
/// program may be about to change their schemas. Errors: what is broken, with what to do; another server has
/// it. Blocks the thread for as long as a program that did not come up is paused for.
base::Result<PreparedData> prepare_data(const ServerOptions& options, const base::Clock& clock,
                                        const central::ProgramVersion& own,
                                        const boost::asio::any_io_executor& executor);

}  // namespace watchrig::app
