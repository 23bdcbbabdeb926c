#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "system/api/work_pool.hpp"
#include "system/central/central.hpp"
#include "system/platform/database_backups.hpp"

namespace watchrig::app {

/// Has the databases copied once a minute of the clock, if they have changed; a clock that runs fast makes it
/// every ten real seconds. Runs on the executor until that ends, works on the pool; everything outlives both.
void keep_backups(boost::asio::any_io_executor executor, const base::Clock& clock,
                  platform::DatabaseBackups& backups, api::WorkPool& workers, central::Central& central);

}  // namespace watchrig::app
