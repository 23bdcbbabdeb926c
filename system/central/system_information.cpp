#include "system/central/system_information.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t farthest = 1'000'000'000;

constexpr LogKind logs[] = {LogKind::system, LogKind::event, LogKind::link};
constexpr Severity all[] = {Severity::notification, Severity::warning, Severity::error};

std::size_t at(Severity severity) { return static_cast<std::size_t>(severity); }

bool is_newer(const Event& a, const Event& b) { return a.sequence > b.sequence; }

}  // namespace

Result<std::unique_ptr<SystemInformation>> SystemInformation::open(std::filesystem::path file,
                                                                   EventLog& events,
                                                                   const base::Clock& clock) {
  std::unique_ptr<SystemInformation> opened(new SystemInformation(std::move(file), events, clock));
  if (auto loaded = opened->load(); !loaded) return loaded.error();
  return opened;
}

Result<> SystemInformation::load() {
  std::error_code ignored;
  if (!std::filesystem::exists(file_, ignored)) return {};
  const auto text = platform::read_text_file(file_);
  if (!text) return text.error();
  try {
    const json::value stored = json::parse(*text);
    for (const Severity severity : all) {
      const auto& until = stored.at("until").at(std::string(to_string(severity))).as_int64();
      cleared_.until[at(severity)] = base::UtcTime(base::Duration(until));
    }
    for (const auto& entry : stored.at("dismissed").as_array()) {
      const auto severity = severity_from(entry.at("severity").as_string());
      if (severity) cleared_.dismissed[entry.at("seq").as_int64()] = *severity;
    }
  } catch (const std::exception& problem) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("{} cannot be read ({}): remove it, and what was cleared of the system information "
                    "is shown again",
                    file_.string(), problem.what())};
  }
  return {};
}

// In memory only what is on the disk.
Result<> SystemInformation::save(Cleared cleared) {
  json::object until;
  for (const Severity severity : all)
    until[to_string(severity)] = cleared.until[at(severity)].time_since_epoch().count();
  json::array dismissed;
  for (const auto& [sequence, severity] : cleared.dismissed)
    dismissed.push_back({{"seq", sequence}, {"severity", to_string(severity)}});
  const json::object stored{{"until", std::move(until)}, {"dismissed", std::move(dismissed)}};
  if (auto written = platform::write_text_file(file_, json::serialize(stored)); !written) return written;
  cleared_ = std::move(cleared);
  return {};
}

std::optional<Event> SystemInformation::entry_of(std::int64_t sequence) const {
  auto found = events_.since(sequence - 1, 1);
  if (found.empty() || found.front().sequence != sequence) return std::nullopt;
  return std::move(found.front());
}

/// The newest, and how many there are.
Result<SystemInformation::Page> SystemInformation::shown(Severity severity, std::size_t most) const {
  Page page;
  // The log may have forgotten some since, or somebody has cleared it.
  const auto counts = [&](const auto& entry) {
    return entry.second == severity && entry_of(entry.first).has_value();
  };
  const auto dismissed = static_cast<std::size_t>(std::ranges::count_if(cleared_.dismissed, counts));
  for (const LogKind log : logs) {
    EventLog::Query query;
    query.log = log;
    query.severity = severity;
    query.from = cleared_.until[at(severity)] + base::Duration(1);
    query.to = base::UtcTime::max();
    query.limit = most + dismissed;
    auto found = events_.search(query);
    if (!found) return found.error();
    page.total += found->total;
    for (auto& event : found->events) {
      if (!cleared_.dismissed.contains(event.sequence)) page.entries.push_back(std::move(event));
    }
  }
  page.total -= static_cast<std::int64_t>(dismissed);
  std::ranges::sort(page.entries, is_newer);
  return page;
}

Result<SystemInformation::Page> SystemInformation::list(std::optional<Severity> severity, std::size_t offset,
                                                        std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  Page page;
  // Clients may ask for any place; so many entries there are not.
  const std::size_t reach = std::min(offset, farthest) + limit;
  for (const Severity each : all) {
    if (severity && *severity != each) continue;
    auto part = shown(each, reach);
    if (!part) return part.error();
    page.total += part->total;
    std::ranges::move(part->entries, std::back_inserter(page.entries));
  }
  std::ranges::sort(page.entries, is_newer);
  if (page.entries.size() > reach) page.entries.resize(reach);
  page.entries.erase(page.entries.begin(), page.entries.begin() + static_cast<std::ptrdiff_t>(
                                                                      std::min(offset, page.entries.size())));
  return page;
}

Result<> SystemInformation::clear(std::optional<Severity> severity) {
  const std::lock_guard lock(mutex_);
  Cleared cleared = cleared_;
  const auto now = clock_.now();
  for (const Severity each : all) {
    if (!severity || *severity == each) cleared.until[at(each)] = now;
  }
  std::erase_if(cleared.dismissed, [&](const auto& entry) { return !severity || entry.second == *severity; });
  return save(std::move(cleared));
}

Result<> SystemInformation::clear_one(std::int64_t sequence) {
  const std::lock_guard lock(mutex_);
  const auto found = entry_of(sequence);
  const bool is_shown = found && found->log() != LogKind::operation &&
                        !cleared_.dismissed.contains(sequence) &&
                        found->time > cleared_.until[at(found->severity())];
  if (!is_shown) {
    return Error{ErrorKind::not_found, fmt::format("the system information has no entry {}", sequence)};
  }
  if (cleared_.dismissed.size() >= most_dismissed) {
    return Error{
        ErrorKind::full,
        fmt::format("{} entries were cleared one by one: clear all of a severity now", most_dismissed)};
  }
  Cleared cleared = cleared_;
  cleared.dismissed[sequence] = found->severity();
  return save(std::move(cleared));
}

}  // namespace watchrig::central
