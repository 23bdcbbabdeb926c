#include "system/central/time/server_clock.hpp"

#include <fstream>

#include <fmt/format.h>

#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace chrono = std::chrono;
using base::CorrectedClock;
using base::Error;
using base::ErrorKind;

namespace {

/// From the years in which a clock may be set to those in which a machine's may be.
constexpr base::Duration farthest = chrono::years(200);

}  // namespace

base::Result<CorrectedClock::Correction> ServerClock::remembered(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return CorrectedClock::Correction{};
  std::ifstream input(file);
  std::int64_t offset = 0;
  std::int64_t lead = 0;
  std::int64_t begin = 0;
  const bool sound = (input >> offset >> lead >> begin) &&
                     std::chrono::abs(base::Duration(offset)) < farthest && lead >= 0 &&
                     base::Duration(lead) < farthest && begin >= 0;
  if (!sound) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("{} is damaged, so it is not known how far the clock was set; see that the time of "
                    "the operating system is right, and remove the file",
                    file.string())};
  }
  return CorrectedClock::Correction{base::Duration(offset), base::Duration(lead),
                                    base::UtcTime(base::Duration(begin))};
}

base::Result<> ServerClock::set(base::UtcTime time) {
  if (time < chrono::sys_days(chrono::year(2000) / 1 / 1) ||
      time >= chrono::sys_days(chrono::year(2200) / 1 / 1))
    return Error{ErrorKind::invalid, "the time must be within the years 2000 to 2199"};
  const std::lock_guard lock(mutex_);
  if (clock_.now() - time > farthest_back) {
    return Error{
        ErrorKind::invalid,
        "the clock cannot be set back by more than an hour, or recordings would get times that were used "
        "already; set the clock of the operating system and start the server anew"};
  }
  clock_.set(time);
  const auto correction = clock_.correction();
  const auto text = fmt::format("{} {} {}\n", correction.offset.count(), correction.lead.count(),
                                correction.begin.time_since_epoch().count());
  auto written = platform::write_text_file(file_, text);
  if (!written) return Error(written.error()).within("the time is set, but the next start will not know");
  return {};
}

}  // namespace watchrig::central
