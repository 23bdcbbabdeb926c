#pragma once

#include "system/platform/async_ask.hpp"
#include "system/platform/recording_messages.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

/// What central asks the storage role by the bus, for coroutines: nobody's thread waits. Who may ask is
/// checked before. Each takes the name of the request that it is asked for (see Message::correlation). Errors
/// of all: unavailable (storage is gone, has too much to do or does not answer in time), those that storage
/// answers. Any thread; see async_ask() for the executor.
class StorageQueries {
 public:
  template <class Value>
  using Answer = boost::asio::awaitable<base::Result<Value>>;

  /// Storage has so much real time for what is recorded, which it reads from disks, and a tenth of it to say
  /// what it relays; it is asked for so many records or channels at a time.
  explicit StorageQueries(platform::MessageBus& bus, base::Duration patience = std::chrono::seconds(60),
                          std::int64_t at_a_time = 5000)
      : bus_(bus), patience_(patience), at_a_time_(at_a_time) {}

  /// All that is recorded in the period, in order of time; how many to ask for at a time is not looked at.
  Answer<std::vector<platform::NvrRecord>> records(platform::NvrPlaybackQuery query, std::string request);
  /// Those of the bounds of days behind which something is recorded.
  Answer<platform::NvrDays> days(platform::QueryNvrDays query, std::string request);
  /// Errors: also invalid, not_found (nothing is recorded there), conflict (as much is locked as may be).
  Answer<platform::NvrLock> lock(platform::LockNvrRecord record, std::string request);
  /// Errors: also not_found.
  Answer<platform::NvrLock> unlock(std::int64_t id, std::string request);
  Answer<platform::NvrVolumes> volumes(std::string request);
  /// All locks, by their ids.
  Answer<std::vector<platform::NvrLock>> locks(std::string request);
  /// Where something is within the period, so that it can be read. Errors: also not_found.
  Answer<platform::NvrRecordPlace> download(platform::NvrDownloadRecord record, std::string request);
  /// Whether it takes messages, in a tenth of the time of the others too.
  Answer<platform::StorageAlive> alive(std::string request);
  /// How these channels are, in their order: of those that are relayed.
  Answer<std::vector<platform::ChannelReport>> channels(std::vector<std::string> ids, std::string request);
  /// What devices send to this server, over a second at least.
  Answer<platform::NvrBandwidth> bandwidth(std::string request);
  /// Where a stream is relayed. Errors: also not_found.
  Answer<platform::PlayUrl> play(platform::PlayRequest stream, std::string request);

 private:
  template <class Value, class Body>
  Answer<Value> ask(Body body, std::string request, base::Duration patience);

  platform::MessageBus& bus_;
  const base::Duration patience_;
  const std::int64_t at_a_time_;
};

}  // namespace watchrig::central
