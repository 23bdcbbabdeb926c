#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "system/api/https_switch.hpp"
#include "system/api/work_pool.hpp"
#include "system/base/clock.hpp"
#include "system/base/metrics.hpp"
#include "system/central/central.hpp"
#include "system/central/maintenance/licence_store.hpp"
#include "system/central/maintenance/update_check.hpp"
#include "system/central/maintenance/upgrade_store.hpp"
#include "system/central/storage_orders.hpp"
#include "system/central/storage_queries.hpp"
#include "system/devices/discovery/device_search.hpp"
#include "system/media/live_streams.hpp"
#include "system/platform/host_network/host_network.hpp"
#include "system/platform/message_trace.hpp"
#include "system/platform/signing_key.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {
class ExportQueue;
}

namespace watchrig::api {

class AddingDesk;
class PtzDesk;

/// How the server is ended by somebody who is signed in.
enum class Ending { shutdown, restart, factory_default };

/// The ports that are open now. Any thread.
struct OpenPorts {
  std::atomic<std::uint16_t> http = 0, rtsp = 0, rtsps = 0;
};

/// What the public interface speaks to; everything outlives it.
struct ServerParts {
  const base::Clock& clock;
  base::Metrics& metrics;
  central::Central& central;
  storage::Storage& storage;
  const media::LiveStreams& streams;
  WorkPool& workers;              ///< for work that reads disks or takes long
  WorkPool& fetchers;             ///< for what waits for devices, so that slow ones hold up nothing else
  WorkPool& hashers;              ///< for passwords only, so that no export keeps anybody from signing in
  std::filesystem::path scratch;  ///< for exports on their way to a client; emptied at start
  /// Starts those channels of a device that are not running.
  std::function<void(const central::Device&, bool continued)> activate;
  platform::HostNetwork& host_network;
  HttpsSwitch& https;
  platform::MessageTrace& trace;
  base::UtcTime started;
  /// Ends the server as cleanly as SIGTERM does, soon after the answer to the request under way. `why` is
  /// what the log says of a factory default, which erases all that was logged before. Errors: conflict (it is
  /// ending already), io.
  std::function<base::Result<>(Ending, const std::string& why)> end;
  central::StorageOrders& storage_orders;
  central::StorageQueries& storage_queries;
  std::filesystem::path data;  ///< the data folder
  central::LicenceStore& licence;
  central::UpgradeStore& upgrades;
  central::UpdateCheck& updates;
  /// Whether end() would do so once an upload of that kind is installed. Errors: conflict, why not.
  std::function<base::Result<>(std::optional<central::UpgradeKind> installed)> may_end;
  devices::DeviceSearch& search;
  PtzDesk& ptz;
  AddingDesk& adding;
  const OpenPorts& ports;
  const platform::SigningKey& signing_key;  ///< of what leaves the server
  storage::ExportQueue& exports;
};

}  // namespace watchrig::api
