#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "system/api/https_switch.hpp"
#include "system/api/work_pool.hpp"
#include "system/base/clock.hpp"
#include "system/base/metrics.hpp"
#include "system/central/access/access_filter.hpp"
#include "system/central/accounts/password_resets.hpp"
#include "system/central/accounts/sign_in.hpp"
#include "system/central/certificates/certificate_store.hpp"
#include "system/central/certificates/trusted_authorities.hpp"
#include "system/central/devices/device_registry.hpp"
#include "system/central/event_log.hpp"
#include "system/central/layouts/layout_store.hpp"
#include "system/central/mail/mailer.hpp"
#include "system/central/schedules/schedules.hpp"
#include "system/central/settings/settings.hpp"
#include "system/central/time/server_clock.hpp"
#include "system/platform/host_network/host_network.hpp"
#include "system/platform/message_trace.hpp"
#include "system/storage/relay/channel_set.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::api {

/// How the server is ended by somebody who is signed in.
enum class Ending { shutdown, restart };

/// What the public interface speaks to; everything outlives it.
struct ServerParts {
  const base::Clock& clock;
  base::Metrics& metrics;
  central::DeviceRegistry& registry;
  central::EventLog& events;
  central::Accounts& accounts;
  central::SignIn& sign_in;
  central::Settings& settings;
  storage::Storage& storage;
  storage::ChannelSet& channels;
  WorkPool& workers;              ///< for work that reads disks or takes long
  WorkPool& hashers;              ///< for passwords only, so that no export keeps anybody from signing in
  std::filesystem::path scratch;  ///< for exports on their way to a client; emptied at start
  /// Starts those channels of a device that are not running.
  std::function<void(const central::Device&, bool continued)> activate;
  platform::HostNetwork& host_network;
  central::Mailer& mailer;
  central::PasswordResets& resets;
  central::Schedules& schedules;
  central::LayoutStore& layouts;
  central::ServerClock& server_clock;
  central::CertificateStore& certificates;
  central::TrustedAuthorities& authorities;
  HttpsSwitch& https;
  central::AccessFilter& access;
  platform::MessageTrace& trace;
  base::UtcTime started;
  /// Ends the server as cleanly as SIGTERM does, soon after the answer to the request under way. False when
  /// it is ending already.
  std::function<bool(Ending)> end;
};

}  // namespace watchrig::api
