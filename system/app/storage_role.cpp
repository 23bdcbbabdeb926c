#include "system/app/storage_role.hpp"

#include <fmt/format.h>

namespace watchrig::app {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

storage::ChannelSettings channel_settings(const central::Device& device, const central::Channel& channel) {
  storage::ChannelSettings settings;
  settings.id = channel.id;
  settings.name = channel.name;
  if (channel.plan != central::RecordPlan::none) settings.recorded_stream = channel.recorded_stream;
  for (const auto& [stream, address] : streams_of(device, channel)) {
    auto& options = settings.streams[stream];
    options.client.url = address;
    options.client.credentials = {device.username, device.password};
    options.client.transport = device.transport == central::Transport::udp
                                   ? media::RtspClient::Transport::udp
                                   : media::RtspClient::Transport::tcp;
    options.seed = std::hash<std::string>()(channel.id + stream);
  }
  return settings;
}

/// The event log as the sink of channels and storage.
class EventWriter {
 public:
  explicit EventWriter(central::EventLog& log) : log_(log) {}

  void operator()(const storage::ChannelEvent& event) const {
    boost::json::object data;
    for (const auto& [name, count] : event.counts) data[name] = count;
    log_.append({.type = event.type,
                 .channel = event.channel,
                 .channel_name = event.channel_name,
                 .cause = event.cause,
                 .message = event.message,
                 .data = std::move(data)});
  }
  void operator()(const storage::Event& event) const {
    boost::json::object data;
    if (!event.stream.empty()) data["stream"] = event.stream;
    log_.append({.type = event.type,
                 .channel = event.channel,
                 .cause = event.cause,
                 .message = event.message,
                 .data = std::move(data)});
  }

 private:
  central::EventLog& log_;
};

}  // namespace

Result<std::unique_ptr<StorageRole>> StorageRole::open(const storage::Options& options,
                                                       const base::Clock& clock, base::Metrics& metrics,
                                                       central::EventLog& events,
                                                       const central::DeviceRegistry& registry,
                                                       platform::MessageBus& bus,
                                                       storage::ChannelSet::Executors executors) {
  auto storage = storage::Storage::open(options, clock, metrics, EventWriter(events));
  if (!storage) return storage.error();
  auto channels =
      std::make_unique<storage::ChannelSet>(clock, **storage, std::move(executors), EventWriter(events));
  std::unique_ptr<StorageRole> role(new StorageRole(std::move(*storage), std::move(channels), registry));
  const auto served = bus.serve(
      "storage", [role = role.get()](const platform::Message& message) { return role->handle(message); });
  if (!served) return served.error();
  return role;
}

Result<boost::json::object> StorageRole::handle(const platform::Message& message) {
  const auto* id = message.body.if_contains("device");
  const auto* continued = message.body.if_contains("continued");
  if (message.name != "bind_device" || !id || !id->is_string() || !continued || !continued->is_bool()) {
    return Error{ErrorKind::unsupported, fmt::format("storage does not know such a {}", message.name)};
  }
  const auto device = registry_.find(id->get_string());
  if (!device) return device.error();
  bind(**device, continued->get_bool());
  return boost::json::object{{"channels", (*device)->channels.size()}};
}

void StorageRole::bind(const central::Device& device, bool continued) {
  if (!device.connected) return;
  for (const auto& channel : device.channels) {
    if (!channels_->contains(channel.id)) channels_->add(channel_settings(device, channel), continued);
  }
}

}  // namespace watchrig::app
