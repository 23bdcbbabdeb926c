#include "system/api/adding_desk.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/place_requests.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::ErrorKind;
using central::FieldError;

namespace {

bool may_begin(const AddingRow& row) {
  return row.state == AddingState::ready || row.state == AddingState::failed ||
         row.state == AddingState::stopped;
}

bool is_under_way(const AddingRow& row) {
  return row.state == AddingState::waiting || row.state == AddingState::checking;
}

FieldError refuse_row(const AddingRow& row) {
  return {
      "row",
      {ErrorKind::conflict, fmt::format("row {} is {}; {}", row.number, to_string(row.state),
                                        is_under_way(row) ? "stop it first" : "change the device itself")}};
}

central::FieldResult<void> check_size(const json::object& entry) {
  if (json::serialize(entry).size() <= AddingJob::most_entry_bytes) return {};
  return FieldError{"rows", {ErrorKind::invalid, "a row has at most 16 KiB"}};
}

void stop_row(AddingRow& row) {
  row.state = AddingState::stopped;
  ++row.turn;
}

}  // namespace

AddingDesk::Answer<AddingJob*> AddingDesk::job_of(ServerParts& parts, const http::Request& request) const {
  const auto id = request.param("job");
  const auto found = jobs_.find(static_cast<std::uint64_t>(central::number_of_id(id, 'j')));
  const bool seen =
      found != jobs_.end() && (found->second.request.account == request.account ||
                               parts.central.accounts().rights(request.account)->is_everything());
  if (seen) return &found->second;
  return FieldError{{}, {ErrorKind::not_found, fmt::format("there is no adding \"{}\"", id)}};
}

AddingDesk::Answer<std::vector<AddingRow*>> AddingDesk::rows_of(AddingJob& job,
                                                                const Numbers& numbers) const {
  std::vector<AddingRow*> rows;
  for (const auto number : numbers) {
    const auto found = job.rows.find(number);
    if (found == job.rows.end())
      return FieldError{"rows", {ErrorKind::not_found, fmt::format("there is no row {}", number)}};
    rows.push_back(&found->second);
  }
  return rows;
}

AddingDesk::Answer<void> AddingDesk::append(AddingJob& job, std::vector<json::object> entries) {
  if (job.rows.size() + entries.size() > AddingJob::most_rows)
    return FieldError{"rows", {ErrorKind::invalid, "at most 1000 devices are added together"}};
  for (const auto& entry : entries) {
    if (auto fits = check_size(entry); !fits) return fits;
  }
  for (auto& entry : entries) {
    const auto number = job.next_number++;
    job.rows[number] = {number, std::move(entry)};
  }
  return {};
}

bool AddingDesk::make_room(const std::string& account) {
  // What others have entered and not yet added is theirs.
  const auto may_go = [&](const AddingJob& job) {
    return !job.is_running() &&
           (job.request.account == account || job.count(AddingState::added) == job.rows.size());
  };
  for (auto job = jobs_.begin(); jobs_.size() >= most_jobs && job != jobs_.end();)
    job = may_go(job->second) ? jobs_.erase(job) : std::next(job);
  return jobs_.size() < most_jobs;
}

AddingDesk::Answer<std::string> AddingDesk::create(ServerParts& parts, const http::Request& request,
                                                   std::vector<json::object> entries) {
  const std::lock_guard lock(mutex_);
  if (!make_room(request.account))
    return FieldError{
        {},
        {ErrorKind::full,
         "there are 32 lists of devices that are not added yet; somebody has to add or forget one"}};
  AddingJob job{fmt::format("j{}", next_job_), request, parts.clock.now(), {}};
  job.request.body.clear();
  job.request.headers.clear();
  job.request.told.reset();
  if (auto appended = append(job, std::move(entries)); !appended) return appended.error();
  auto id = job.id;
  jobs_.emplace(next_job_++, std::move(job));
  return Answer<std::string>(boost::system::in_place_value, std::move(id));
}

AddingDesk::Answer<void> AddingDesk::add_rows(ServerParts& parts, const http::Request& request,
                                              std::vector<json::object> entries) {
  const std::lock_guard lock(mutex_);
  const auto job = job_of(parts, request);
  if (!job) return job.error();
  return append(**job, std::move(entries));
}

AddingDesk::Answer<void> AddingDesk::change_row(ServerParts& parts, const http::Request& request,
                                                const json::object& change) {
  const std::lock_guard lock(mutex_);
  const auto job = job_of(parts, request);
  if (!job) return job.error();
  const auto number = base::parse_number<std::size_t>(request.param("row")).value_or(0);
  const auto rows = rows_of(**job, {number});
  if (!rows) return FieldError{{}, rows.error().error};
  auto& row = *rows->front();
  if (!may_begin(row)) return refuse_row(row);
  auto entry = row.entry;
  change_entry(entry, change);
  if (auto fits = check_size(entry); !fits) return fits;
  row.entry = std::move(entry);
  return {};
}

AddingDesk::Answer<void> AddingDesk::remove_rows(ServerParts& parts, const http::Request& request,
                                                 const Numbers& numbers) {
  const std::lock_guard lock(mutex_);
  const auto job = job_of(parts, request);
  if (!job) return job.error();
  const auto rows = rows_of(**job, numbers);
  if (!rows) return rows.error();
  for (const auto* row : *rows) {
    if (is_under_way(*row)) return refuse_row(*row);
  }
  for (const auto number : numbers) (*job)->rows.erase(number);
  return {};
}

AddingDesk::Answer<void> AddingDesk::start(ServerParts& parts, const http::Request& request,
                                           const Numbers& numbers) {
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto job = job_of(parts, request);
    if (!job) return job.error();
    const auto named = rows_of(**job, numbers);
    if (!named) return named.error();
    for (const auto* row : *named) {
      if (!may_begin(*row)) return refuse_row(*row);
    }
    for (auto& [number, row] : (*job)->rows) {
      if (!may_begin(row) || (!numbers.empty() && std::ranges::count(numbers, number) == 0)) continue;
      row.state = AddingState::waiting;
      row.error.reset();
      ++row.turn;
      ++waiting;
    }
    progressed(**job);
    remember();
  }
  employ(parts, waiting);
  return {};
}

AddingDesk::Answer<void> AddingDesk::stop(ServerParts& parts, const http::Request& request,
                                          const Numbers& numbers) {
  const std::lock_guard lock(mutex_);
  const auto job = job_of(parts, request);
  if (!job) return job.error();
  const auto named = rows_of(**job, numbers);
  if (!named) return named.error();
  for (auto& [number, row] : (*job)->rows) {
    const bool meant = numbers.empty() || std::ranges::count(numbers, number) > 0;
    if (meant && is_under_way(row) && !row.entered) stop_row(row);
  }
  progressed(**job);
  remember();
  return {};
}

AddingDesk::Answer<void> AddingDesk::forget(ServerParts& parts, const http::Request& request) {
  const std::lock_guard lock(mutex_);
  const auto job = job_of(parts, request);
  if (!job) return job.error();
  jobs_.erase(static_cast<std::uint64_t>(central::number_of_id((*job)->id, 'j')));
  remember();
  return {};
}

AddingDesk::Answer<AddingJob> AddingDesk::find(ServerParts& parts, const http::Request& request) const {
  const std::lock_guard lock(mutex_);
  const auto job = job_of(parts, request);
  if (!job) return job.error();
  return **job;
}

std::vector<AddingJob> AddingDesk::list(ServerParts& parts, const http::Request& request) const {
  const bool all = parts.central.accounts().rights(request.account)->is_everything();
  const std::lock_guard lock(mutex_);
  std::vector<AddingJob> seen;
  for (const auto& [number, job] : jobs_) {
    if (all || job.request.account == request.account) seen.push_back(job);
  }
  return seen;
}

}  // namespace watchrig::api
