#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/thread_pool.hpp>

#include "system/platform/recording_messages.hpp"
#include "system/platform/role_messages.hpp"
#include "system/storage/linked_device.hpp"
#include "system/storage/relay/backfill.hpp"
#include "system/storage/relay/bandwidth_meter.hpp"
#include "system/storage/relay/channel_set.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {

/// The storage role: the store and the channels that it records and relays. The bus tells it which devices
/// there are and what is to be recorded, and asks it how they are; by the bus it reports what happens to
/// them.
class StorageRole {
 public:
  struct Parts {
    const base::Clock& clock;
    base::Metrics& metrics;
    platform::MessageBus& bus;
    ChannelSet::Executors executors;
    /// Whom a device that dials in is reached by, and whose certificate is believed.
    DeviceWays ways;
    /// Connections to devices keep to it.
    std::shared_ptr<devices::AttemptPace> pace;
    /// Takes what the bus did not, since central is behind, or takes nothing more because the server ends:
    /// better out of order than lost. Any thread.
    std::function<void(const platform::Message&)> undelivered;
  };

  /// Opens the store, serves the role "storage" on the bus, and adds to the metrics. All references outlive
  /// it; the bus must have stopped before it is destroyed, and nobody asks for the metrics any more.
  static base::Result<std::unique_ptr<StorageRole>> open(const Options& options, Parts parts);

  Storage& storage() { return *storage_; }
  ChannelSet& channels() { return *channels_; }
  /// Ends the store, and what is looked up in it before. The bus has stopped, and the channels.
  void stop();

 private:
  StorageRole(std::unique_ptr<Storage> storage, Parts parts)
      : storage_(std::move(storage)), parts_(std::move(parts)) {}
  void fill_holes(const ChannelEvent& event);
  base::Result<> assign(const std::string& channel, std::int64_t disk_group);
  void handle(const platform::Message& message, const platform::MessageBus::Answered& answered);
  base::Result<boost::json::object> answer(const platform::Message& message);
  /// Beside the orders, which do not wait for disks that are searched.
  void look_up(const platform::Message& message, platform::MessageBus::Answered answered);
  template <class Body>
  base::Result<boost::json::object> take(const platform::Message& message);
  base::Result<boost::json::object> obey(const platform::LinkNvrPu& order);
  base::Result<boost::json::object> obey(const platform::UnlinkNvrPu& order);
  base::Result<boost::json::object> obey(const platform::SetNvrRecordStrategy& order);
  base::Result<boost::json::object> obey(const platform::KeepAlive& order);
  base::Result<boost::json::object> obey(const platform::PlayRequest& question);
  base::Result<boost::json::object> obey(const platform::QueryNvrChannels& question);
  base::Result<boost::json::object> obey(const platform::NvrPlaybackQuery& question);
  base::Result<boost::json::object> obey(const platform::QueryNvrDays& question);
  base::Result<boost::json::object> obey(const platform::NvrDownloadRecord& question);
  base::Result<boost::json::object> obey(const platform::SetNvrRetention& order);
  base::Result<boost::json::object> obey(const platform::SetNvrDiskGroups& order);
  base::Result<boost::json::object> obey(const platform::LockNvrRecord& order);
  base::Result<boost::json::object> obey(const platform::UnlockNvrRecord& order);
  base::Result<boost::json::object> obey(const platform::QueryNvrLocks& question);
  base::Result<boost::json::object> obey(const platform::QueryNvrVolumes& question);

  std::unique_ptr<Storage> storage_;
  std::unique_ptr<ChannelSet> channels_;
  std::unique_ptr<Backfill> backfill_;  ///< goes before the channels, which it holds
  const Parts parts_;
  BandwidthMeter meter_;
  std::atomic<int> being_looked_up_ = 0;
  boost::asio::thread_pool measuring_{1};
  boost::asio::thread_pool readers_{2};  ///< last: what they do uses all of the others
};

}  // namespace watchrig::storage
