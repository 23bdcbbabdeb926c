#include "system/storage/storage_role.hpp"

#include <map>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "system/base/correlation.hpp"
#include "system/base/spawn.hpp"
#include "system/storage/relay/channel_report.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// Questions about what is recorded, under way and waiting.
constexpr int most_looked_up = 64;

constexpr std::int64_t most_kept_days = 36'500;

platform::NvrLock told(const SpanLock& lock) {
  return {lock.id,     lock.channel,   lock.from,
          lock.to,     lock.kept_from, static_cast<std::int64_t>(lock.bytes),
          lock.reason, lock.by,        lock.made};
}

/// Without a name, all are meant.
Result<platform::RecordingTypes> wanted_types(const std::vector<std::string>& names) {
  if (names.empty()) return platform::any_recording;
  return platform::recording_types_from(names);
}

std::string to_word(ChannelConnection::State state) {
  switch (state) {
    case ChannelConnection::State::online:
      return "online";
    case ChannelConnection::State::offline:
      return "offline";
    case ChannelConnection::State::removed:
      return {};
  }
  return {};
}

/// Tells central what happens to channels and to the store.
class Reporter {
 public:
  explicit Reporter(const StorageRole::Parts& parts) : bus_(parts.bus), undelivered_(parts.undelivered) {}

  void operator()(const ChannelEvent& event) {
    json::object data;
    for (const auto& [name, count] : event.counts) data[name] = count;
    tell(platform::AlarmNotify{event.type, event.channel, event.channel_name, event.cause, event.message,
                               data});
  }
  void operator()(const Event& event) {
    json::object data;
    if (!event.stream.empty()) data["stream"] = event.stream;
    tell(platform::AlarmNotify{event.type, event.channel, {}, event.cause, event.message, data});
  }
  void operator()(const std::string& channel, const ChannelConnection& connection) {
    tell(platform::ChannelState{channel, ++*order_, to_word(connection.state), connection.cause});
  }

 private:
  template <class Body>
  void tell(const Body& told) {
    const auto message = platform::to_message(platform::storage_role, platform::central_role, told);
    if (!bus_.send(message)) undelivered_(message);
  }

  platform::MessageBus& bus_;
  std::function<void(const platform::Message&)> undelivered_;
  std::shared_ptr<std::atomic<std::int64_t>> order_ = std::make_shared<std::atomic<std::int64_t>>(0);
};

Result<> check_disk_group(std::int64_t disk_group) {
  if (disk_group >= 1 && disk_group <= std::int64_t{most_volumes}) return {};
  return Error{ErrorKind::invalid,
               fmt::format("there is no disk group {}: they are 1 to {}", disk_group, most_volumes)};
}

asio::awaitable<void> measure(BandwidthMeter& meter, const ChannelSet& channels,
                              platform::MessageBus::Answered answered) {
  const auto measured = co_await meter.read(channels);
  answered(platform::to_body(measured));
}

}  // namespace

Result<std::unique_ptr<StorageRole>> StorageRole::open(const Options& options, Parts parts) {
  Reporter report(parts);
  auto storage = Storage::open(options, parts.clock, parts.metrics, report);
  if (!storage) return storage.error();
  std::unique_ptr<StorageRole> role(new StorageRole(std::move(*storage), std::move(parts)));
  const auto& kept = role->parts_;
  role->backfill_ = std::make_unique<Backfill>(kept.clock, *role->storage_, report);
  role->channels_ = std::make_unique<ChannelSet>(
      kept.clock, *role->storage_, kept.executors,
      [report, role = role.get()](const ChannelEvent& event) mutable {
        report(event);
        role->fill_holes(event);
      },
      report);
  const auto served = kept.bus.serve_later(
      platform::storage_role,
      [role = role.get()](const platform::Message& message, const platform::MessageBus::Answered& answered) {
        role->handle(message, answered);
      });
  if (!served) return served.error();
  kept.metrics.collect_by([channels = role->channels_.get()](base::CollectedGauges& gauges) {
    for (const auto& channel : channels->all()) copy_to_metrics(*channel, gauges);
  });
  return role;
}

void StorageRole::stop() {
  for (auto* pool : {&readers_, &measuring_}) {
    pool->stop();
    pool->join();
  }
  storage_->stop();
}

void StorageRole::fill_holes(const ChannelEvent& event) {
  if (event.type != "recording.resumed") return;
  if (auto channel = channels_->find(event.channel)) backfill_->look(std::move(channel));
}

void StorageRole::handle(const platform::Message& message, const platform::MessageBus::Answered& answered) {
  if (message.name == platform::NvrPlaybackQuery::message_name ||
      message.name == platform::QueryNvrDays::message_name ||
      message.name == platform::LockNvrRecord::message_name ||
      message.name == platform::UnlockNvrRecord::message_name ||
      message.name == platform::QueryNvrLocks::message_name ||
      message.name == platform::QueryNvrVolumes::message_name ||
      message.name == platform::NvrDownloadRecord::message_name)
    return look_up(message, answered);
  if (message.name == platform::QueryNvrBandwidth::message_name)
    return base::spawn(measuring_.get_executor(), measure(meter_, *channels_, answered),
                       "measuring of bandwidth");
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
      {platform::LinkNvrPu::message_name, &StorageRole::take<platform::LinkNvrPu>},
      {platform::UnlinkNvrPu::message_name, &StorageRole::take<platform::UnlinkNvrPu>},
      {platform::QueryNvrDays::message_name, &StorageRole::take<platform::QueryNvrDays>},
      {platform::SetNvrRetention::message_name, &StorageRole::take<platform::SetNvrRetention>},
      {platform::LockNvrRecord::message_name, &StorageRole::take<platform::LockNvrRecord>},
      {platform::UnlockNvrRecord::message_name, &StorageRole::take<platform::UnlockNvrRecord>},
      {platform::QueryNvrLocks::message_name, &StorageRole::take<platform::QueryNvrLocks>},
      {platform::QueryNvrVolumes::message_name, &StorageRole::take<platform::QueryNvrVolumes>},
      {platform::SetNvrDiskGroups::message_name, &StorageRole::take<platform::SetNvrDiskGroups>},
      {platform::SetNvrRecordStrategy::message_name, &StorageRole::take<platform::SetNvrRecordStrategy>},
      {platform::QueryNvrChannels::message_name, &StorageRole::take<platform::QueryNvrChannels>},
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

Result<json::object> StorageRole::obey(const platform::LinkNvrPu& order) {
  for (const auto& channel : order.channels) {
    if (auto assigned = assign(channel.channel, channel.disk_group); !assigned) return assigned.error();
    if (channels_->contains(channel.channel)) {
      // What is to be recorded may have changed since the last order.
      const auto running = channels_->find(channel.channel);
      const auto types = platform::recording_types_from(channel.types);
      if (!types) return types.error();
      running->record(channel.recorded, *types, std::chrono::milliseconds(channel.ahead_ms));
      running->retry();
      continue;
    }
    auto settings = channel_settings(parts_.clock, order, channel, parts_.ways, parts_.pace);
    if (!settings) return settings.error();
    channels_->add(*std::move(settings), order.continued);
  }
  return json::object{{"channels", order.channels.size()}};
}

Result<> StorageRole::assign(const std::string& channel, std::int64_t disk_group) {
  if (auto checked = check_disk_group(disk_group); !checked)
    return base::Error(checked.error()).within(fmt::format("channel {}", channel));
  storage_->assign(channel, disk_group);
  return {};
}

Result<json::object> StorageRole::obey(const platform::UnlinkNvrPu& order) {
  for (const auto& channel : order.channels) channels_->remove(channel);
  return json::object{{"channels", order.channels.size()}};
}

Result<json::object> StorageRole::obey(const platform::SetNvrRecordStrategy& order) {
  if (auto assigned = assign(order.channel, order.disk_group); !assigned) return assigned.error();
  // One that is disconnected gets its plan when it is bound again.
  const auto types = platform::recording_types_from(order.types);
  if (!types) return types.error();
  const auto channel = channels_->contains(order.channel) ? channels_->find(order.channel) : nullptr;
  if (channel) channel->record(order.stream, *types, std::chrono::milliseconds(order.ahead_ms));
  return json::object{{"running", channel != nullptr}};
}

Result<json::object> StorageRole::obey(const platform::KeepAlive&) {
  return platform::to_body(platform::StorageAlive{static_cast<std::int64_t>(channels_->all().size())});
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

Result<json::object> StorageRole::obey(const platform::QueryNvrChannels& question) {
  platform::NvrChannelList list;
  for (const auto& id : question.channels) {
    const auto channel = channels_->contains(id) ? channels_->find(id) : nullptr;
    if (channel) list.channels.push_back(report_of(*channel));
  }
  return platform::to_body(list);
}

Result<json::object> StorageRole::obey(const platform::NvrPlaybackQuery& question) {
  if (question.most < 1)
    return Error{ErrorKind::invalid, fmt::format("{}: most must be 1 or more", question.message_name)};
  const auto types = wanted_types(question.types);
  if (!types) return types.error();
  const auto spans = storage_->spans(question.channel, question.stream, question.from, question.to, *types);
  if (!spans) return spans.error();
  platform::NvrRecordList list;
  for (const auto& span : *spans) {
    if (list.records.size() == static_cast<std::size_t>(question.most)) {
      list.more = true;
      break;
    }
    list.records.push_back({span.from, span.to, static_cast<std::int64_t>(span.frames),
                            static_cast<std::int64_t>(span.bytes),
                            platform::recording_type_names(span.types)});
  }
  return platform::to_body(list);
}

Result<json::object> StorageRole::obey(const platform::QueryNvrDays& question) {
  const auto types = wanted_types(question.types);
  if (!types) return types.error();
  auto days = storage_->recorded_days(question.channel, question.stream, question.bounds, *types);
  if (!days) return days.error();
  return platform::to_body(platform::NvrDays{*std::move(days)});
}

Result<json::object> StorageRole::obey(const platform::SetNvrRetention& order) {
  Retentions limits;
  for (const auto& of : order.channels) {
    if (of.keep_days < 0 || of.keep_days > most_kept_days || of.keep_bytes < 0)
      return Error{ErrorKind::invalid,
                   fmt::format("{}: channel \"{}\" has {} days and {} bytes", order.message_name, of.channel,
                               of.keep_days, of.keep_bytes)};
    limits[of.channel] = {std::chrono::hours(24 * of.keep_days), static_cast<std::uint64_t>(of.keep_bytes)};
  }
  storage_->limit(std::move(limits));
  return json::object{{"channels", order.channels.size()}};
}

Result<json::object> StorageRole::obey(const platform::LockNvrRecord& order) {
  SpanLock wanted;
  wanted.channel = order.channel;
  wanted.from = order.from;
  wanted.to = order.to;
  wanted.reason = order.reason;
  wanted.by = order.by;
  const auto locked = storage_->lock(std::move(wanted));
  if (!locked) return locked.error();
  return platform::to_body(told(*locked));
}

Result<json::object> StorageRole::obey(const platform::UnlockNvrRecord& order) {
  const auto removed = storage_->unlock(order.id);
  if (!removed) return removed.error();
  return platform::to_body(told(*removed));
}

Result<json::object> StorageRole::obey(const platform::QueryNvrLocks& question) {
  platform::NvrLocks found;
  for (const auto& lock : storage_->locks()) {
    if (lock.id <= question.behind) continue;
    if (std::ssize(found.locks) >= question.most) break;
    found.locks.push_back(told(lock));
  }
  return platform::to_body(found);
}

Result<json::object> StorageRole::obey(const platform::QueryNvrVolumes&) {
  platform::NvrVolumes found;
  for (const auto& volume : storage_->volumes()) {
    found.volumes.push_back({volume.directory.native(), volume.state,
                             static_cast<std::int64_t>(volume.capacity),
                             static_cast<std::int64_t>(volume.free), static_cast<std::int64_t>(volume.locked),
                             static_cast<std::int64_t>(volume.recorders),
                             static_cast<std::int64_t>(volume.queued_bytes), volume.disk_group});
  }
  return platform::to_body(found);
}

Result<json::object> StorageRole::obey(const platform::SetNvrDiskGroups& order) {
  DiskGroups groups;
  for (const auto& volume : order.volumes) {
    if (auto checked = check_disk_group(volume.disk_group); !checked)
      return base::Error(checked.error()).within(fmt::format("volume \"{}\"", volume.directory));
    groups[volume.directory] = volume.disk_group;
  }
  storage_->group(groups);
  return json::object{{"volumes", order.volumes.size()}};
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

}  // namespace watchrig::storage
