#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "system/base/clock.hpp"
#include "system/base/metrics.hpp"
#include "system/central/device_registry.hpp"
#include "system/central/event_log.hpp"
#include "system/storage/relay/channel_set.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::api {

/// What the public interface speaks to; everything outlives it.
struct ServerParts {
  const base::Clock& clock;
  base::Metrics& metrics;
  central::DeviceRegistry& registry;
  central::EventLog& events;
  storage::Storage& storage;
  storage::ChannelSet& channels;
  boost::asio::thread_pool& workers;  ///< for work that reads disks or takes long
  std::filesystem::path scratch;      ///< for exports on their way to a client; emptied at start
  std::function<void(const central::Device&, bool continued)> activate;  ///< starts the channels of a device
};

}  // namespace watchrig::api
