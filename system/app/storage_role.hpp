#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/thread_pool.hpp>

#include "system/central/central.hpp"
#include "system/platform/role_messages.hpp"
#include "system/storage/relay/backfill.hpp"
#include "system/storage/relay/channel_set.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::app {

/// The storage role of this process: the store and the channels that it records and relays. The bus tells it
/// which devices there are and what is to be recorded; by the bus it reports what happens to them.
class StorageRole {
 public:
  /// Opens the store and serves the role "storage" on the bus. Connections to devices keep to the pace. All
  /// references outlive it; the bus must have stopped before it is destroyed.
  static base::Result<std::unique_ptr<StorageRole>> open(const storage::Options& options,
                                                         const base::Clock& clock, base::Metrics& metrics,
                                                         central::Central& central, platform::MessageBus& bus,
                                                         storage::ChannelSet::Executors executors,
                                                         std::shared_ptr<devices::AttemptPace> pace);

  storage::Storage& storage() { return *storage_; }
  storage::ChannelSet& channels() { return *channels_; }
  /// Ends the store, and what is looked up in it before. The bus has stopped, and the channels.
  void stop();

 private:
  StorageRole(std::unique_ptr<storage::Storage> storage, central::Central& central, const base::Clock& clock,
              std::shared_ptr<devices::AttemptPace> pace)
      : storage_(std::move(storage)), central_(central), clock_(clock), pace_(std::move(pace)) {}
  void fill_holes(const storage::ChannelEvent& event);
  void handle(const platform::Message& message, const platform::MessageBus::Answered& answered);
  base::Result<boost::json::object> answer(const platform::Message& message);
  /// Beside the orders, which do not wait for disks that are searched.
  void look_up(const platform::Message& message, platform::MessageBus::Answered answered);
  template <class Body>
  base::Result<boost::json::object> take(const platform::Message& message);
  base::Result<boost::json::object> obey(const platform::BindDevice& order);
  base::Result<boost::json::object> obey(const platform::UnbindDevice& order);
  base::Result<boost::json::object> obey(const platform::SetNvrRecordStrategy& order);
  base::Result<boost::json::object> obey(const platform::KeepAlive& order);
  base::Result<boost::json::object> obey(const platform::PlayRequest& question);
  base::Result<boost::json::object> obey(const platform::NvrPlaybackQuery& question);
  base::Result<boost::json::object> obey(const platform::NvrDownloadRecord& question);
  void bind(const central::Device& device, bool continued);

  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<storage::ChannelSet> channels_;
  std::unique_ptr<storage::Backfill> backfill_;  ///< goes before the channels, which it holds
  central::Central& central_;
  const base::Clock& clock_;
  const std::shared_ptr<devices::AttemptPace> pace_;
  std::atomic<int> being_looked_up_ = 0;
  boost::asio::thread_pool readers_{2};  ///< last: what they do uses all of the others
};

}  // namespace watchrig::app
