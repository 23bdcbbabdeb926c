#include "system/central/devices/given_ids.hpp"

#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/devices/device_registry.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

Result<> save_given_ids(const std::filesystem::path& file, const GivenIds& ids) {
  return platform::write_text_file(file, fmt::format("{} {}\n", ids.device, ids.channel));
}

Result<GivenIds> load_given_ids(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return GivenIds{};
  const auto text = platform::read_text_file(file);
  if (!text) return text.error();
  const auto [first, second] = base::split_once(base::trim(*text), ' ');
  const auto device = base::parse_number<std::int64_t>(first);
  const auto channel = base::parse_number<std::int64_t>(second);
  if (!device || !channel || *device < 0 || *channel < 0) {
    return Error{ErrorKind::corrupt,
                 fmt::format("{} does not hold two numbers: the last ids of devices and channels that were "
                             "given; write numbers into it that are at least as high",
                             file.string())};
  }
  return GivenIds{*device, *channel};
}

// SQLite keeps the highest number of each table in sqlite_sequence, for tables that had a row.
Result<GivenIds> DeviceDatabase::given_ids() {
  auto query = database_.prepare(
      "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name='device'), 0),"
      " coalesce((SELECT seq FROM sqlite_sequence WHERE name='channel'), 0)");
  if (!query) return query.error();
  if (const auto row = query->step(); !row) return row.error();
  return GivenIds{query->integer(0), query->integer(1)};
}

Result<> DeviceDatabase::skip_ids(const GivenIds& given) {
  const auto now = given_ids();
  if (!now) return now.error();
  return transaction([&]() -> Result<> {
    for (const auto& [table, wanted, given_now] : {std::tuple{"device", given.device, now->device},
                                                   std::tuple{"channel", given.channel, now->channel}}) {
      if (wanted <= given_now) continue;
      if (const auto done = database_.execute(fmt::format(
              "DELETE FROM sqlite_sequence WHERE name='{0}'; INSERT INTO sqlite_sequence VALUES('{0}', {1})",
              table, wanted));
          !done)
        return done;
    }
    return {};
  });
}

Result<GivenIds> DeviceRegistry::given_ids() {
  const std::unique_lock lock(mutex_);
  return database_.given_ids();
}

Result<> DeviceRegistry::skip_ids(const GivenIds& given) {
  const std::unique_lock lock(mutex_);
  return database_.skip_ids(given);
}

}  // namespace watchrig::central
