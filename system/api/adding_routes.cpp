// Adding devices in the background, row by row (IVSS 5.4.2).
#include <cmath>

#include <boost/json/array.hpp>

#include "system/api/adding_desk.hpp"
#include "system/api/paging.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::ErrorKind;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

Response show(ServerParts& parts, int status, const Request& request) {
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  const auto job = parts.adding.find(parts, request);
  if (!job) return error_response(job.error());
  auto object = to_json(*job);
  json::array rows;
  std::size_t place = 0;
  for (const auto& [number, row] : job->rows) {
    if (place >= page->offset && rows.size() < page->limit) rows.push_back(to_json(row));
    ++place;
  }
  object["rows"] = std::move(rows);
  object["offset"] = page->offset;
  object["limit"] = page->limit;
  return http::json_response(status, object);
}

Response answer(ServerParts& parts, const Request& request, const FieldResult<void>& done) {
  return done ? show(parts, 200, request) : error_response(done.error());
}

/// Entries with the area of the whole, where they name none.
FieldResult<std::vector<json::object>> read_entries(ServerParts& parts, const Request& request,
                                                    BodyFields& fields) {
  fields.known("rows");
  fields.known("table");
  const auto area = fields.text("area", central::Device{}.area);
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (auto own = check_area(parts, request, area); !own) return own.error();
  auto entries = entries_of(parts, fields.body());
  if (!entries) return entries;
  if (entries->empty()) return FieldError{"rows", {ErrorKind::invalid, "rows must name 1 to 1000 devices"}};
  for (auto& entry : *entries) {
    if (!entry.contains("area")) entry["area"] = area;
  }
  return entries;
}

Response create(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const bool start = fields.flag("start", true);
  auto entries = read_entries(parts, request, fields);
  if (!entries) return error_response(entries.error());
  const auto job = parts.adding.create(parts, request, *std::move(entries));
  if (!job) return error_response(job.error());
  auto asked = request;
  asked.params["job"] = *job;
  const auto begun = start ? parts.adding.start(parts, asked, {}) : FieldResult<void>();
  return begun ? show(parts, 202, asked) : error_response(begun.error());
}

Response list(ServerParts& parts, const Request& request) {
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  const auto all = parts.adding.list(parts, request);
  json::array jobs;
  for (std::size_t i = page->offset; i < all.size() && jobs.size() < page->limit; ++i)
    jobs.push_back(to_json(all[i]));
  return http::json_response(200, page_json("jobs", std::move(jobs), all.size(), *page));
}

Response add_rows(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  auto entries = read_entries(parts, request, fields);
  if (!entries) return error_response(entries.error());
  return answer(parts, request, parts.adding.add_rows(parts, request, *std::move(entries)));
}

/// What is entered in a row; what the values may be is seen when it is tried.
Response change_row(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  for (const char* name :
       {"name", "type", "driver", "manufacturer", "address", "username", "password", "area", "description"})
    fields.text(name, "");
  if (fields.body().contains("port")) fields.number("port", 1, 65535);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return answer(parts, request, parts.adding.change_row(parts, request, fields.body()));
}

/// The member `rows`: numbers; none without it, unless they are `needed`.
FieldResult<AddingDesk::Numbers> numbers_in(const Request& request, bool needed) {
  BodyFields fields(request);
  const auto* member = fields.member("rows");
  fields.no_others();
  if (fields.error()) return *fields.error();
  AddingDesk::Numbers numbers;
  const FieldError wrong{"rows", {ErrorKind::invalid, "rows must be a list of 1 to 1000 numbers of rows"}};
  if (!member && !needed) return numbers;
  const auto* rows = member ? member->if_array() : nullptr;
  if (!rows || rows->empty() || rows->size() > AddingJob::most_rows) return wrong;
  for (const auto& row : *rows) {
    if (!row.is_int64() || row.get_int64() < 1) return wrong;
    numbers.push_back(static_cast<std::size_t>(row.get_int64()));
  }
  return numbers;
}

using RowWork = FieldResult<void> (AddingDesk::*)(ServerParts&, const Request&, const AddingDesk::Numbers&);

template <RowWork work, bool needed>
Response with_rows(ServerParts& parts, const Request& request) {
  const auto numbers = numbers_in(request, needed);
  if (!numbers) return error_response(numbers.error());
  return answer(parts, request, (parts.adding.*work)(parts, request, *numbers));
}

/// IVSS 1.2, in its order.
Response list_drivers(const Request&) {
  constexpr std::pair<std::string_view, std::string_view> offered[] = {
      {"private", "Private"}, {"onvif", "ONVIF"}, {"axis", "AXIS"}, {"sony", "SONY"}, {"rtsp", "RTSP"}};
  json::array drivers;
  for (const auto& [name, title] : offered)
    drivers.push_back({{"name", name}, {"title", title}, {"port", central::find_driver(name)->port}});
  return http::json_response(200, json::object{{"usual", "private"}, {"drivers", std::move(drivers)}});
}

/// IVSS 5.4.2.1.
boost::asio::awaitable<Response> show_bandwidth(ServerParts& parts, Request request) {
  const auto reading = co_await parts.storage_queries.bandwidth(trace_name(request));
  if (!reading) co_return http::error_response(reading.error());
  const auto used = std::llround(reading->bits_per_second);
  const auto supported = parts.central.settings().number("devices", "bandwidth_mbps") * 1'000'000;
  parts.metrics
      .gauge("watchrig_devices_bandwidth_bits_per_second", "what devices send, as it was last asked for")
      .Set(reading->bits_per_second);
  co_return http::json_response(200, json::object{{"used_bps", used},
                                                  {"supported_bps", supported},
                                                  {"exceeded", used > supported},
                                                  {"channels", reading->channels},
                                                  {"delivering", reading->delivering}});
}

Response forget(ServerParts& parts, const Request& request) {
  const auto forgotten = parts.adding.forget(parts, request);
  return forgotten ? http::no_content() : error_response(forgotten.error());
}

}  // namespace

void add_adding_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  router.add_plain("GET", "/api/v1/devices/drivers", guard,
                   "The protocols by which a device can be added, the usual one first", list_drivers);
  router.add("GET", "/api/v1/devices/bandwidth", guard,
             "What devices send to this server now, beside what they may send together",
             [&parts](Request request) { return show_bandwidth(parts, std::move(request)); });
  const std::string all = "/api/v1/devices/adding", one = all + "/{job}";
  router.add(
      "POST", all, guard,
      "Adds devices in the background: rows that somebody has entered, found devices, or a table; with "
      "\"start\":false they wait to be changed first",
      on_workers(parts, create));
  router.add("GET", all, guard, "The lists of devices that were and are being added", on_workers(parts, list))
      .query = paged();
  router
      .add("GET", one, guard, "How far it is, and what has become of each row",
           on_workers(parts, [&parts](const Request& request) { return show(parts, 200, request); }))
      .query = paged();
  router.add("DELETE", one, guard, "Stops and forgets it; devices that were added stay",
             on_workers(parts, forget));
  router.add("POST", one + "/rows", guard, "Further rows, which wait to be started",
             on_workers(parts, add_rows));
  router.add("PATCH", one + "/rows/{row}", guard, "Changes what is entered in a row that was not added",
             on_workers(parts, change_row));
  router.add("POST", one + "/removal", guard, "Removes rows from the list",
             on_workers(parts, with_rows<&AddingDesk::remove_rows, true>));
  router.add("POST", one + "/start", guard,
             "Begins with rows, or tries them again; all that are left without them",
             on_workers(parts, with_rows<&AddingDesk::start, false>));
  router.add("POST", one + "/stop", guard, "Stops rows; all that are under way without them",
             on_workers(parts, with_rows<&AddingDesk::stop, false>));
}

}  // namespace watchrig::api
