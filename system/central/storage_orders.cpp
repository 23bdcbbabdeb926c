#include "system/central/storage_orders.hpp"

namespace watchrig::central {

using namespace platform;
using base::Result;

namespace {

constexpr base::Duration patience = std::chrono::seconds(30);  // of real time

template <class Body>
Message to_storage(const Body& body) {
  return to_message(central_role, storage_role, body);
}

std::int64_t ahead_ms(const RecordOrder& recorded) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(recorded.ahead).count();
}

LinkedChannel linked(const Device& device, const Channel& channel, const RecordOrder& recorded) {
  LinkedChannel linked{channel.id,
                       channel.name,
                       channel.number,
                       recorded.stream,
                       recording_type_names(recorded.types),
                       {},
                       ahead_ms(recorded),
                       recorded.disk_group};
  for (const auto& [name, address] : streams_of(device, channel)) linked.streams.push_back({name, address});
  return linked;
}

LinkNvrPu link_of(const Device& device, bool continued,
                  const std::function<RecordOrder(const Channel&)>& recorded) {
  LinkNvrPu link{device.id,
                 continued,
                 speaks_onvif(device),
                 std::string(to_string(device.transport)),
                 device.cache_strategy,
                 device.username,
                 device.password,
                 {}};
  // Of one that is disconnected nothing is relayed.
  if (!device.connected) return link;
  for (const auto& channel : device.channels)
    link.channels.push_back(linked(device, channel, recorded(channel)));
  return link;
}

/// The kind of the message is told of one that is not answered.
template <class Body>
Result<> wait_for(std::future<MessageBus::Answer> coming) {
  if (coming.wait_for(patience) != std::future_status::ready) return no_answer_in_time(to_storage(Body{}));
  const auto answer = coming.get();
  if (!answer) return answer.error();
  return {};
}

}  // namespace

Result<> StorageOrders::bind(const std::string& device, bool continued) {
  Coming coming;
  {
    const std::lock_guard lock(sending_);
    auto order = link(device, continued);
    if (!order) return order.error();
    coming = bus_.ask_later(*std::move(order));
  }
  return wait_for<LinkNvrPu>(std::move(coming));
}

Result<> StorageOrders::reconnect(const std::string& device) {
  const std::lock_guard lock(sending_);
  auto order = link(device, true);
  if (!order) return order.error();
  return bus_.send(*std::move(order));
}

Result<> StorageOrders::unbind(const std::string& device, const std::vector<std::string>& channels) {
  return wait_for<UnlinkNvrPu>(send(to_storage(UnlinkNvrPu{device, channels})));
}

Result<> StorageOrders::record(const std::string& channel) {
  Coming coming;
  {
    const std::lock_guard lock(sending_);
    auto order = strategy(channel);
    if (!order) return order.error();
    coming = bus_.ask_later(*std::move(order));
  }
  return wait_for<SetNvrRecordStrategy>(std::move(coming));
}

Result<> StorageOrders::record_soon(const std::string& channel) {
  const std::lock_guard lock(sending_);
  auto order = strategy(channel);
  if (!order) return order.error();
  return bus_.send(*std::move(order));
}

Result<> StorageOrders::retain(std::vector<KeptChannel> channels) {
  const std::lock_guard lock(sending_);
  return bus_.send(to_storage(SetNvrRetention{std::move(channels)}));
}

Result<> StorageOrders::group(std::vector<GroupedVolume> volumes) {
  const std::lock_guard lock(sending_);
  return bus_.send(to_storage(SetNvrDiskGroups{std::move(volumes)}));
}

Result<NvrVolumes> StorageOrders::volumes() {
  const auto question = to_storage(QueryNvrVolumes{});
  auto coming = send(question);
  if (coming.wait_for(patience) != std::future_status::ready) return no_answer_in_time(question);
  const auto answer = coming.get();
  if (!answer) return answer.error();
  return from_answer<NvrVolumes>(question, *answer);
}

Result<Message> StorageOrders::strategy(const std::string& channel) const {
  const auto found = knowledge_.channel(channel);
  if (!found) return found.error();
  const auto recorded = knowledge_.recorded(*found->channel);
  return to_storage(SetNvrRecordStrategy{found->channel->id, recorded.stream,
                                         recording_type_names(recorded.types), ahead_ms(recorded),
                                         recorded.disk_group});
}

Result<Message> StorageOrders::link(const std::string& device, bool continued) const {
  const auto found = knowledge_.device(device);
  if (!found) return found.error();
  return to_storage(link_of(**found, continued, knowledge_.recorded));
}

StorageOrders::Coming StorageOrders::send(const Message& message) {
  const std::lock_guard lock(sending_);
  return bus_.ask_later(message);
}

}  // namespace watchrig::central
