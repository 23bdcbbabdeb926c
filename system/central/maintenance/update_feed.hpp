#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "system/central/maintenance/upgrade_package.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::central {

/// The settings `updates`: where newer versions are announced, and how often that is read.
SettingSection updates_section();

/// A version that is to be had.
struct AnnouncedVersion {
  ProgramVersion version;
  std::string notes;  ///< what is new; at most most_notes bytes, without control characters
  std::string url;    ///< where it is; http:// or https://, or empty
};

/// What a feed announces: `{"server":{"version":"1.2.3","notes":"…","url":"https://…"},"client":{…}}`, either
/// of them or both; other members are passed over. It is for people to read and installs nothing.
struct UpdateFeed {
  static constexpr std::size_t most_notes = 1000;
  static constexpr std::size_t most_url = 500;

  std::optional<AnnouncedVersion> server;
  std::optional<AnnouncedVersion> client;
};

/// Errors: corrupt, with what is wrong.
base::Result<UpdateFeed> read_update_feed(std::string_view text);

}  // namespace watchrig::central
