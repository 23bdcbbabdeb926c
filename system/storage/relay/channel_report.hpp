#pragma once

#include "system/platform/role_messages.hpp"
#include "system/storage/relay/relay_channel.hpp"

namespace watchrig::storage {

/// How the channel is now, as other roles are told. Any thread.
platform::ChannelReport report_of(const RelayChannel& channel);

/// Copies how the channel is now to the metrics, which have it from nowhere else: nothing is counted twice.
void copy_to_metrics(const RelayChannel& channel, base::CollectedGauges& gauges);

}  // namespace watchrig::storage
