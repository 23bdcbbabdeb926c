#include "system/app/storage_role.hpp"

#include <atomic>
#include <map>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "system/api/device_contact.hpp"
#include "system/base/correlation.hpp"
#include "system/central/central_inbox.hpp"
#include "system/central/certificates/device_trust.hpp"
#include "system/central/devices/device_registration.hpp"
#include "system/devices/onvif/onvif_replay.hpp"

namespace watchrig::app {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace json = boost::json;

namespace {

/// Questions about what is recorded, under way and waiting.
constexpr int most_looked_up = 64;

std::shared_ptr<devices::StreamLocator> onvif_locator(central::Central& central,
                                                      const central::Device& device,
                                                      const central::Channel& channel,
                                                      const std::string& stream, const base::Clock& clock) {
  auto contact = api::stream_contact(central, device, channel, stream);
  if (!contact) return nullptr;
  return devices::make_onvif_locator(clock, std::move(contact->device), std::move(contact->choice));
}

std::shared_ptr<devices::StreamLocator> replay_locator(central::Central& central,
                                                       const central::Device& device,
                                                       const central::Channel& channel,
                                                       const base::Clock& clock) {
  auto contact = api::stream_contact(central, device, channel, "main");
  if (!contact) return nullptr;
  return devices::make_onvif_replay_locator(clock, std::move(contact->device), contact->choice.channel);
}

/// The clock outlives what is made of the settings.
storage::ChannelSettings channel_settings(central::Central& central, const central::Device& device,
                                          const central::Channel& channel, const base::Clock& clock,
                                          const std::shared_ptr<devices::AttemptPace>& pace) {
  storage::ChannelSettings settings;
  settings.id = channel.id;
  settings.name = channel.name;
  if (channel.plan != central::RecordPlan::none) settings.recorded_stream = channel.recorded_stream;
  for (const auto& [stream, address] : streams_of(device, channel)) {
    auto& options = settings.streams[stream];
    options.pace = pace;
    options.client.url = address;
    options.client.dialer = central.device_registration().dialer(device);
    options.client.credentials = {device.username, device.password};
    if (api::speaks_onvif(device)) options.locator = onvif_locator(central, device, channel, stream, clock);
    options.client.transport = api::rtsp_transport(device);
    options.client.cache =
        media::cache_strategy_from(device.cache_strategy).value_or(media::CacheStrategy::adaptive);
    if (uses_tls(device)) options.trust = central.device_trust().of(device);
    options.seed = std::hash<std::string>()(channel.id + stream);
  }
  if (api::speaks_onvif(device)) settings.recordings = replay_locator(central, device, channel, clock);
  return settings;
}

std::string to_word(storage::ChannelConnection::State state) {
  switch (state) {
    case storage::ChannelConnection::State::online:
      return "online";
    case storage::ChannelConnection::State::offline:
      return "offline";
    case storage::ChannelConnection::State::removed:
      return {};
  }
  return {};
}

/// Tells central what happens to channels and to the store.
class Reporter {
 public:
  Reporter(platform::MessageBus& bus, central::Central& central)
      : bus_(bus), inbox_{central.events(), central.channel_states()} {}

  void operator()(const storage::ChannelEvent& event) {
    json::object data;
    for (const auto& [name, count] : event.counts) data[name] = count;
    tell(platform::AlarmNotify{event.type, event.channel, event.channel_name, event.cause, event.message,
                               data});
  }
  void operator()(const storage::Event& event) {
    json::object data;
    if (!event.stream.empty()) data["stream"] = event.stream;
    tell(platform::AlarmNotify{event.type, event.channel, {}, event.cause, event.message, data});
  }
  void operator()(const std::string& channel, const storage::ChannelConnection& connection) {
    tell(platform::ChannelState{channel, ++*order_, to_word(connection.state), connection.cause});
  }

 private:
  template <class Body>
  void tell(Body told) {
    const auto sent = bus_.send(platform::to_message(platform::storage_role, platform::central_role, told));
    // Where central is behind, or takes nothing more because the server ends: better out of order than lost.
    if (!sent) inbox_.take(std::move(told));
  }

  platform::MessageBus& bus_;
  central::Inbox inbox_;
  std::shared_ptr<std::atomic<std::int64_t>> order_ = std::make_shared<std::atomic<std::int64_t>>(0);
};

}  // namespace

Result<std::unique_ptr<StorageRole>> StorageRole::open(const storage::Options& options,
                                                       const base::Clock& clock, base::Metrics& metrics,
                                                       central::Central& central, platform::MessageBus& bus,
                                                       storage::ChannelSet::Executors executors,
                                                       std::shared_ptr<devices::AttemptPace> pace) {
  auto storage = storage::Storage::open(options, clock, metrics, Reporter(bus, central));
  if (!storage) return storage.error();
  std::unique_ptr<StorageRole> role(new StorageRole(std::move(*storage), central, clock, std::move(pace)));
  Reporter report(bus, central);
  role->backfill_ = std::make_unique<storage::Backfill>(clock, *role->storage_, report);
  role->channels_ = std::make_unique<storage::ChannelSet>(
      clock, *role->storage_, std::move(executors),
      [report, role = role.get()](const storage::ChannelEvent& event) mutable {
        report(event);
        role->fill_holes(event);
      },
      report);
  const auto served = bus.serve_later(
      platform::storage_role,
      [role = role.get()](const platform::Message& message, const platform::MessageBus::Answered& answered) {
        role->handle(message, answered);
      });
  if (!served) return served.error();
  return role;
}

void StorageRole::stop() {
  readers_.stop();
  readers_.join();
  storage_->stop();
}

void StorageRole::fill_holes(const storage::ChannelEvent& event) {
  if (event.type != "recording.resumed") return;
  if (auto channel = channels_->find(event.channel)) backfill_->look(std::move(channel));
}

void StorageRole::handle(const platform::Message& message, const platform::MessageBus::Answered& answered) {
  if (message.name == platform::NvrPlaybackQuery::message_name ||
      message.name == platform::NvrDownloadRecord::message_name)
    return look_up(message, answered);
  answered(answer(message));
}

void StorageRole::look_up(const platform::Message& message, platform::MessageBus::Answered answered) {
  if (being_looked_up_ >= most_looked_up)
    return answered(Error{ErrorKind::full, fmt::format("{}: the role {} looks up {} others", message.name,
                                                       message.to, most_looked_up)});
  ++being_looked_up_;
  boost::asio::post(readers_, [this, message, answered = std::move(answered)] {
    const base::CorrelationScope scope(message.correlation);
    auto found = answer(message);
    --being_looked_up_;
    answered(std::move(found));
  });
}

Result<json::object> StorageRole::answer(const platform::Message& message) {
  using Take = Result<json::object> (StorageRole::*)(const platform::Message&);
  static const std::map<std::string_view, Take> known{
      {platform::BindDevice::message_name, &StorageRole::take<platform::BindDevice>},
      {platform::UnbindDevice::message_name, &StorageRole::take<platform::UnbindDevice>},
      {platform::SetNvrRecordStrategy::message_name, &StorageRole::take<platform::SetNvrRecordStrategy>},
      {platform::NvrPlaybackQuery::message_name, &StorageRole::take<platform::NvrPlaybackQuery>},
      {platform::NvrDownloadRecord::message_name, &StorageRole::take<platform::NvrDownloadRecord>},
      {platform::PlayRequest::message_name, &StorageRole::take<platform::PlayRequest>},
      {platform::KeepAlive::message_name, &StorageRole::take<platform::KeepAlive>}};
  const auto taken = known.find(message.name);
  if (taken == known.end())
    return Error{ErrorKind::unsupported, fmt::format("storage does not know a message {}", message.name)};
  return (this->*taken->second)(message);
}

template <class Body>
Result<json::object> StorageRole::take(const platform::Message& message) {
  const auto body = platform::from_message<Body>(message);
  if (!body) return body.error();
  return obey(*body);
}

Result<json::object> StorageRole::obey(const platform::BindDevice& order) {
  const auto device = central_.registry().find(order.device);
  if (!device) return device.error();
  bind(**device, order.continued);
  return json::object{{"channels", (*device)->channels.size()}};
}

Result<json::object> StorageRole::obey(const platform::UnbindDevice& order) {
  for (const auto& channel : order.channels) channels_->remove(channel);
  return json::object{{"channels", order.channels.size()}};
}

Result<json::object> StorageRole::obey(const platform::SetNvrRecordStrategy& order) {
  // One that is disconnected gets its plan when it is bound again.
  const auto channel = channels_->contains(order.channel) ? channels_->find(order.channel) : nullptr;
  if (channel) channel->record(order.stream);
  return json::object{{"running", channel != nullptr}};
}

Result<json::object> StorageRole::obey(const platform::KeepAlive&) {
  return json::object{{"channels", channels_->all().size()}};
}

Result<json::object> StorageRole::obey(const platform::PlayRequest& question) {
  const auto channel = channels_->find(question.channel);
  const auto hub = channel ? channel->hub(question.stream) : nullptr;
  if (!hub) {
    return Error{ErrorKind::not_found, fmt::format("stream \"{}\" of channel \"{}\" is not relayed",
                                                   question.stream, question.channel)};
  }
  return platform::to_body(
      platform::PlayUrl{fmt::format("/live/{}/{}", channel->id(), question.stream), !hub->tracks().empty()});
}

Result<json::object> StorageRole::obey(const platform::NvrPlaybackQuery& question) {
  if (question.most < 1)
    return Error{ErrorKind::invalid, fmt::format("{}: most must be 1 or more", question.message_name)};
  const auto spans = storage_->spans(question.channel, question.stream, question.from, question.to);
  if (!spans) return spans.error();
  platform::NvrRecordList list;
  for (const auto& span : *spans) {
    if (list.records.size() == static_cast<std::size_t>(question.most)) {
      list.more = true;
      break;
    }
    list.records.push_back(
        {span.from, span.to, static_cast<std::int64_t>(span.frames), static_cast<std::int64_t>(span.bytes)});
  }
  return platform::to_body(list);
}

Result<json::object> StorageRole::obey(const platform::NvrDownloadRecord& question) {
  // Also says what there is none of.
  const auto record = storage_->read(question.channel, question.stream, question.from, question.to);
  if (!record) return record.error();
  const auto spans = storage_->spans(question.channel, question.stream, question.from, question.to);
  if (!spans) return spans.error();
  platform::NvrRecordPlace place{question.from, question.to};
  if (!spans->empty()) place = {spans->front().from, spans->back().to};
  return platform::to_body(place);
}

void StorageRole::bind(const central::Device& device, bool continued) {
  if (!device.connected) return;
  for (const auto& channel : device.channels) {
    if (channels_->contains(channel.id)) {
      channels_->find(channel.id)->retry();
    } else {
      channels_->add(channel_settings(central_, device, channel, clock_, pace_), continued);
    }
  }
}

}  // namespace watchrig::app
