#pragma once

#include <functional>
#include <string>

namespace watchrig::storage {

/// Something a person or the alarm role must know. Types:
///   recording.failed     alarm: the channel should be recorded and is not; cause says why
///   recording.resumed    the same channel is being recorded again
///   storage.full          no space for another segment; recording goes on when there is
///   storage.overwriting   once after a start: no space, and the oldest recordings make room from now on
///   storage.failed        the volume or the index refuses to be written
///   storage.resumed       the volume is written again
///   storage.damaged       stored data does not pass its checks; the rest stays readable
///   storage.index-rebuilt the index was missing, of another schema or corrupt, and was made again
///   storage.recovered     after a crash: chunks that the index did not know were added
struct Event {
  std::string type;
  std::string channel;  ///< empty when it concerns the volume
  std::string stream;
  std::string cause;    ///< one word for programs: full, io, stalled, overflow, damaged, missing, schema,
                        ///< corrupt, crash, locks
  std::string message;  ///< for a person: what happened, to which object, what to do
};

/// Called on any thread, also out of ChannelRecorder::push(): it must not block and must not call back into
/// Storage.
using EventSink = std::function<void(const Event&)>;

}  // namespace watchrig::storage
