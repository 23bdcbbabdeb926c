#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "system/media/stream_hub.hpp"

namespace watchrig::media {

/// The streams that are relayed in this process: media pass no bus, so who shows them reads them here. Any
/// thread.
class LiveStreams {
 public:
  virtual ~LiveStreams() = default;

  /// By the channel's id. Null where it is not relayed, or has no such stream.
  virtual std::shared_ptr<StreamHub> find_stream(std::string_view channel,
                                                 const std::string& stream) const = 0;
  /// The id of the channel that has this id or else this name; empty: none is relayed.
  virtual std::string find_relayed(std::string_view id_or_name) const = 0;
};

}  // namespace watchrig::media
