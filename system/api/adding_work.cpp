// How the rows of jobs are done, one after the other, and what is left of them by the server's end.
#include <algorithm>

#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/api/adding_desk.hpp"
#include "system/api/device_audit.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/device_trial.hpp"
#include "system/api/place_requests.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::ErrorKind;
using central::FieldError;

namespace {

constexpr int most_tries = 50;  // of the pool, while others keep it busy
constexpr auto between_tries = std::chrono::milliseconds(200);
constexpr std::size_t most_named = 10;

/// What the log says of a row: its address, without an account.
std::string label_of(const AddingRow& row) {
  const json::value shown = to_json(row);
  json::error_code wrong;
  const auto& entry = shown.at("device").as_object();
  for (const char* name : {"name", "address"}) {
    const auto* value = entry.if_contains(name);
    if (value && value->is_string()) return std::string(value->get_string());
  }
  const auto* main = entry.contains("streams") ? shown.find_pointer("/device/streams/main", wrong) : nullptr;
  return main && main->is_string() ? std::string(main->get_string()) : fmt::format("row {}", row.number);
}

}  // namespace

AddingDesk::AddingDesk(asio::any_io_executor executor, std::filesystem::path file, central::Central& central)
    : executor_(std::move(executor)), file_(std::move(file)) {
  tell_of_last_run(central);
}

void AddingDesk::tell_of_last_run(central::Central& central) {
  std::error_code ignored;
  if (!std::filesystem::exists(file_, ignored)) return;
  const auto text = platform::read_text_file(file_);
  std::filesystem::remove(file_, ignored);
  json::error_code wrong;
  const auto kept = text ? json::parse(*text, wrong) : json::value();
  const auto* jobs = wrong ? nullptr : kept.if_array();
  for (std::size_t i = 0; jobs && i < jobs->size(); ++i) {
    const auto* job = (*jobs)[i].if_object();
    const auto* by = job ? job->if_contains("account") : nullptr;
    const auto* rows = job ? job->if_contains("rows") : nullptr;
    if (!by || !by->is_string() || !rows || !rows->is_array()) continue;
    std::string names;
    for (std::size_t n = 0; n < std::min(rows->get_array().size(), most_named); ++n) {
      const auto* name = rows->get_array()[n].if_string();
      if (name) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", std::string_view(*name));
    }
    central::Event event;
    event.type = "device.adding-interrupted";
    event.message = fmt::format(
        "the end of the server has interrupted the adding of devices by {}: up to {} were not added ({}{}); "
        "look "
        "which are missing, and add those again",
        std::string_view(by->get_string()), rows->get_array().size(), names,
        rows->get_array().size() > most_named ? ", …" : "");
    event.data = {{"account", *by}, {"rows", *rows}};
    central.events().append(std::move(event));
  }
}

void AddingDesk::remember() const {
  json::array jobs;
  for (const auto& [number, job] : jobs_) {
    json::array rows;
    for (const auto& [place, row] : job.rows) {
      if (row.state == AddingState::waiting || row.state == AddingState::checking)
        rows.emplace_back(label_of(row));
    }
    if (!rows.empty())
      jobs.push_back(json::object{{"account", job.request.account}, {"rows", std::move(rows)}});
  }
  std::error_code ignored;
  if (jobs.empty()) {
    std::filesystem::remove(file_, ignored);
    return;
  }
  const auto written = platform::write_text_file(file_, json::serialize(jobs));
  if (!written) base::log_warning("adding of devices: {}", written.error().message);
}

void AddingDesk::progressed(AddingJob& job) {
  if (!job.is_running()) {
    job.task.reset();
    return;
  }
  const auto open = job.count(AddingState::waiting) + job.count(AddingState::checking);
  if (job.task) job.task->advance(1 - static_cast<double>(open) / static_cast<double>(job.rows.size()));
}

AddingRow* AddingDesk::row_of(const Turn& turn) {
  const auto job = jobs_.find(static_cast<std::uint64_t>(central::number_of_id(turn.job, 'j')));
  if (job == jobs_.end()) return nullptr;
  const auto row = job->second.rows.find(turn.row);
  const bool current = row != job->second.rows.end() && row->second.turn == turn.turn;
  return current ? &row->second : nullptr;
}

bool AddingDesk::claim(const Turn& turn) {
  const std::lock_guard lock(mutex_);
  auto* row = row_of(turn);
  if (row) row->entered = true;
  return row != nullptr;
}

void AddingDesk::employ(ServerParts& parts, std::size_t wanted) {
  std::size_t more = 0;
  {
    const std::lock_guard lock(mutex_);
    more = std::min(wanted, most_at_once - working_);
    working_ += more;
    for (auto& [number, job] : jobs_) {
      if (!job.is_running() || job.task) continue;
      job.task = parts.central.tasks().add("devices.add", job.request.account);
      job.task->start();
    }
  }
  for (; more > 0; --more) base::spawn(executor_, work(parts), "adding of devices");
}

/// The oldest job goes first.
std::optional<AddingDesk::Turn> AddingDesk::take() {
  const std::lock_guard lock(mutex_);
  for (auto& [number, job] : jobs_) {
    for (auto& [place, row] : job.rows) {
      if (row.state != AddingState::waiting) continue;
      row.state = AddingState::checking;
      return Turn{job.id, row.number, row.turn, row.entry, job.request};
    }
  }
  --working_;
  return std::nullopt;
}

void AddingDesk::finish(const Turn& turn, const Done& done) {
  const std::lock_guard lock(mutex_);
  if (auto* row = row_of(turn)) {
    row->state = done ? AddingState::added : AddingState::failed;
    row->entered = false;
    if (!done) row->error = of_address(done.error(), turn.entry);
    if (done) row->device = (*done)->id;
    if (done) row->name = (*done)->name;
    if (done) row->channels = (*done)->channels.size();
    // It is no longer needed.
    if (done) row->entry.erase("password");
  }
  const auto job = jobs_.find(static_cast<std::uint64_t>(central::number_of_id(turn.job, 'j')));
  if (job == jobs_.end()) return;
  progressed(job->second);
  if (!job->second.is_running()) remember();
}

asio::awaitable<void> AddingDesk::work(ServerParts& parts) {
  for (auto turn = take(); turn; turn = take()) {
    const auto done = co_await add(parts, *turn);
    finish(*turn, done);
  }
}

asio::awaitable<AddingDesk::Done> AddingDesk::add(ServerParts& parts, Turn turn) {
  auto device = device_of_entry(turn.entry, false);
  if (!device) co_return device.error();
  if (auto own = check_area(parts, turn.request, device->area); !own) co_return own.error();
  const auto tried = co_await try_device(parts.central, parts.clock, *device);
  if (!tried) co_return tried.error();
  // Nobody has to know how many inputs a recorder has.
  if (tried->sources > 1 && !turn.entry.contains("channel_count") && !turn.entry.contains("channels")) {
    turn.entry["channel_count"] = std::int64_t{tried->sources};
    device = device_of_entry(turn.entry, false);
    if (!device) co_return device.error();
  }
  fit_streams(*device, *tried);
  auto entered = co_await enter(parts, turn, *device);
  const bool taken = !entered && entered.error().field == "name" && !turn.entry.contains("name");
  if (!taken) co_return entered;
  auto with_port = device_of_entry(turn.entry, true);
  if (!with_port) co_return with_port.error();
  fit_streams(*with_port, *tried);
  auto again = co_await enter(parts, turn, *with_port);
  co_return again;
}

asio::awaitable<AddingDesk::Done> AddingDesk::enter(ServerParts& parts, Turn turn, central::Device device) {
  Done done = FieldError{{}, {ErrorKind::unavailable, "the server is too busy; try again"}};
  const WorkPool::Work add_it = [&] {
    done = FieldError{{}, {ErrorKind::cancelled, "it was stopped"}};
    if (!claim(turn)) return http::no_content();
    done = parts.central.registry().add(device);
    if (!done) return http::no_content();
    parts.activate(**done, false);
    tell_device(parts, "device.added", turn.request, **done, "was added");
    return http::no_content();
  };
  base::Timer timer(co_await asio::this_coro::executor, parts.clock);
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto answer = co_await parts.workers.run(turn.request.account, add_it);
    if (answer.status < 300) break;
    co_await timer.wait_for(between_tries);
  }
  co_return done;
}

}  // namespace watchrig::api
