#pragma once

#include "system/platform/typed_message.hpp"

namespace watchrig::platform {

// What central asks storage about recordings, how long they are kept and where.

/// central -> storage: what is recorded of a channel's stream within [from, to). H.626.4, 8.7.2.2.
struct NvrPlaybackQuery {
  static constexpr std::string_view message_name = "nvr_playback_query";
  static constexpr std::string_view answer_name = "nvr_record_list";
  std::string channel;
  std::string stream;
  base::UtcTime from;
  base::UtcTime to;
  std::int64_t most = 0;                ///< records in the answer, so that no message is endless
  std::vector<std::string> types = {};  ///< only what is of one of these; empty: everything
};
BOOST_DESCRIBE_STRUCT(NvrPlaybackQuery, (), (channel, stream, from, to, most, types))

/// A period without a hole; see storage::Span.
struct NvrRecord {
  base::UtcTime from;
  base::UtcTime to;
  std::int64_t frames = 0;
  std::int64_t bytes = 0;
  std::vector<std::string> types = {};  ///< that occur in it
};
BOOST_DESCRIBE_STRUCT(NvrRecord, (), (from, to, frames, bytes, types))

/// The answer: in order of time.
struct NvrRecordList {
  std::vector<NvrRecord> records;
  bool more = false;  ///< after the last of them, there is more
};
BOOST_DESCRIBE_STRUCT(NvrRecordList, (), (records, more))

/// central -> storage: on which days something is recorded; the asker knows when days begin. H.626.4 has no
/// name for it.
struct QueryNvrDays {
  static constexpr std::string_view message_name = "query_nvr_days";
  std::string channel;
  std::string stream;
  std::vector<base::UtcTime>
      bounds;  ///< of the days, each later than the one before; the last day's end is the last
  std::vector<std::string> types = {};  ///< as in NvrPlaybackQuery
};
BOOST_DESCRIBE_STRUCT(QueryNvrDays, (), (channel, stream, bounds, types))

/// The answer: those of the bounds behind which something is.
struct NvrDays {
  std::vector<base::UtcTime> recorded;
};
BOOST_DESCRIBE_STRUCT(NvrDays, (), (recorded))

/// At most so much of a channel is kept; 0: no limit.
struct KeptChannel {
  std::string channel;
  std::int64_t keep_days = 0;
  std::int64_t keep_bytes = 0;
  friend bool operator==(const KeptChannel&, const KeptChannel&) = default;
};
BOOST_DESCRIBE_STRUCT(KeptChannel, (), (channel, keep_days, keep_bytes))

/// central -> storage: the limits of all channels that have some; others have none any more. H.626.4 has no
/// name for it.
struct SetNvrRetention {
  static constexpr std::string_view message_name = "set_nvr_retention";
  std::vector<KeptChannel> channels;
};
BOOST_DESCRIBE_STRUCT(SetNvrRetention, (), (channels))

/// central -> storage: what is recorded of a channel within [from, to) stays, whatever limits say. H.626.4
/// has no name for it, nor for the two below.
struct LockNvrRecord {
  static constexpr std::string_view message_name = "lock_nvr_record";
  std::string channel;
  base::UtcTime from;
  base::UtcTime to;
  std::string reason;
  std::string by;
};
BOOST_DESCRIBE_STRUCT(LockNvrRecord, (), (channel, from, to, reason, by))

/// The answer; see storage::SpanLock.
struct NvrLock {
  std::int64_t id = 0;
  std::string channel;  ///< empty: every channel
  base::UtcTime from;
  base::UtcTime to;
  base::UtcTime kept_from;
  std::int64_t bytes = 0;
  std::string reason;
  std::string by;
  base::UtcTime made;
};
BOOST_DESCRIBE_STRUCT(NvrLock, (), (id, channel, from, to, kept_from, bytes, reason, by, made))

/// central -> storage: what a lock had is recorded as everything else. The answer is that lock.
struct UnlockNvrRecord {
  static constexpr std::string_view message_name = "unlock_nvr_record";
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(UnlockNvrRecord, (), (id))

/// central -> storage: which locks there are behind that id, as many as `most`.
struct QueryNvrLocks {
  static constexpr std::string_view message_name = "query_nvr_locks";
  std::int64_t behind = 0;
  std::int64_t most = 0;
};
BOOST_DESCRIBE_STRUCT(QueryNvrLocks, (), (behind, most))

/// The answer: by their ids.
struct NvrLocks {
  std::vector<NvrLock> locks;
};
BOOST_DESCRIBE_STRUCT(NvrLocks, (), (locks))

/// central -> storage: how are the volumes that it records on. H.626.4, 6.1.14.
struct QueryNvrVolumes {
  static constexpr std::string_view message_name = "query_nvr_volumes";
};
BOOST_DESCRIBE_STRUCT(QueryNvrVolumes, (), ())

struct NvrVolume {
  std::string directory;
  std::string state;          ///< working, failing, stalled, missing
  std::int64_t capacity = 0;  ///< bytes of its file system
  std::int64_t free = 0;
  std::int64_t locked = 0;     ///< bytes of recordings that nothing may remove
  std::int64_t recorders = 0;  ///< streams that are recorded on it now
  std::int64_t queued = 0;     ///< bytes in memory that wait for it
  std::int64_t disk_group = 1;
};
BOOST_DESCRIBE_STRUCT(NvrVolume, (),
                      (directory, state, capacity, free, locked, recorders, queued, disk_group))

/// The answer, in the order in which the server was told of them.
struct NvrVolumes {
  std::vector<NvrVolume> volumes;
};
BOOST_DESCRIBE_STRUCT(NvrVolumes, (), (volumes))

struct GroupedVolume {
  std::string directory;
  std::int64_t disk_group = 1;
  friend bool operator==(const GroupedVolume&, const GroupedVolume&) = default;
};
BOOST_DESCRIBE_STRUCT(GroupedVolume, (), (directory, disk_group))

/// central -> storage: the disk groups of volumes; the others are of the first. H.626.4 has no name for it.
struct SetNvrDiskGroups {
  static constexpr std::string_view message_name = "set_nvr_disk_groups";
  std::vector<GroupedVolume> volumes;
};
BOOST_DESCRIBE_STRUCT(SetNvrDiskGroups, (), (volumes))

/// central -> storage: what is recorded within [from, to) is to be taken away. H.626.4, 8.7.2.2. The bytes do
/// not pass the bus: whoever has the answer reads them from storage itself (nvr_record_data).
struct NvrDownloadRecord {
  static constexpr std::string_view message_name = "nvr_download_record";
  std::string channel;
  std::string stream;
  base::UtcTime from;
  base::UtcTime to;
};
BOOST_DESCRIBE_STRUCT(NvrDownloadRecord, (), (channel, stream, from, to))

/// The answer: of the period, where something is.
struct NvrRecordPlace {
  base::UtcTime from;
  base::UtcTime to;
};
BOOST_DESCRIBE_STRUCT(NvrRecordPlace, (), (from, to))
}  // namespace watchrig::platform
