#pragma once

#include <cstdint>
#include <filesystem>

#include "system/base/result.hpp"

namespace watchrig::central {

/// The highest numbers that ids of devices and channels were made of. Recordings name their channel by its
/// id: were one given again after the configuration was erased or replaced, the new channel would show the
/// old one's recordings.
struct GivenIds {
  std::int64_t device = 0;
  std::int64_t channel = 0;
  bool operator==(const GivenIds&) const = default;
};

/// Replaces the file at one stroke.
base::Result<> save_given_ids(const std::filesystem::path& file, const GivenIds& ids);
/// None when there is no file. Errors: corrupt, with what to do.
base::Result<GivenIds> load_given_ids(const std::filesystem::path& file);

}  // namespace watchrig::central
