#include "system/app/open_exports.hpp"

#include "system/api/export_news.hpp"

namespace watchrig::app {

base::Result<std::unique_ptr<storage::ExportQueue>> open_exports(std::filesystem::path folder,
                                                                 central::Central& central,
                                                                 storage::ExportQueue::Parts parts) {
  const auto setting = [&](const char* name) { return central.settings().number("exports", name); };
  storage::ExportQueue::Options options{std::move(folder)};
  options.keep = std::chrono::hours(24 * setting("keep_days"));
  options.bytes_per_second = static_cast<std::uint64_t>(setting("megabits_per_second")) * 1'000'000 / 8;
  parts.ended = [&central](const storage::ExportJob& job) { api::tell_export(central.events(), job); };
  return storage::ExportQueue::open(std::move(options), std::move(parts));
}

}  // namespace watchrig::app
