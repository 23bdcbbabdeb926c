#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_setup.hpp"
#include "system/api/found_devices.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t most_ranges = 64;
constexpr std::size_t longest_manufacturer = 63;

FieldResult<devices::SearchOrder> order_of(BodyFields& fields) {
  devices::SearchOrder order;
  const auto ranges = fields.texts("addresses");
  if (ranges.size() > most_ranges)
    fields.refuse("addresses", "must be at most 64 addresses, ranges and segments");
  for (const auto& text : ranges) {
    const auto range = devices::parse_address_range(text);
    if (!range) fields.refuse("addresses", range.error().message);
    if (range) order.ranges.push_back(*range);
  }
  order.manufacturer = fields.text("manufacturer", "");
  if (order.manufacturer.size() > longest_manufacturer)
    fields.refuse("manufacturer", "must have at most 63 bytes");
  constexpr std::int64_t least = 1, usual = 4, most = 30;
  const auto seconds = fields.number("seconds", usual);
  if (seconds < least || seconds > most) fields.refuse("seconds", "must be 1 to 30");
  order.time = std::chrono::seconds(std::clamp(seconds, least, most));
  std::uint64_t addresses = 0;
  for (const auto& range : order.ranges) addresses += range.size();
  if (addresses > devices::DeviceSearch::most_addresses)
    fields.refuse("addresses", fmt::format("{} addresses; at most {} are looked at in one search", addresses,
                                           devices::DeviceSearch::most_addresses));
  fields.no_others();
  if (fields.error()) return *fields.error();
  return order;
}

Response begin(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  auto order = order_of(fields);
  if (!order) return error_response(order.error());
  order->progress = [task = std::shared_ptr<central::TaskList::Entry>(), &parts,
                     account = request.account](double progress) mutable {
    if (!task) {
      task = parts.central.tasks().add("devices.search", account);
      task->start();
    }
    task->advance(progress);
  };
  const auto started = parts.search.start(*std::move(order));
  if (!started) return error_response({"addresses", started.error()});
  return http::json_response(202, to_json(parts.search.state()));
}

/// A word of the query, which is one of these or absent.
std::optional<FieldError> check_word(const Request& request, const std::string& name,
                                     const std::vector<std::string>& words) {
  const auto text = request.query_value(name).value_or(words.front());
  if (std::ranges::find(words, text) != words.end()) return std::nullopt;
  return FieldError{name, {base::ErrorKind::invalid, name + " must be " + base::joined(words, " or ")}};
}

bool is_wanted(const Request& request, const FoundRow& row) {
  const auto& device = row.device;
  const std::string known = !device.initialised ? "unknown" : *device.initialised ? "yes" : "no";
  const std::string added = row.added.empty() ? "no" : "yes";
  const auto manufacturer = request.query_value("manufacturer").value_or(device.manufacturer);
  return request.query_value("initialised").value_or(known) == known &&
         request.query_value("added").value_or(added) == added &&
         base::equal_ignoring_case(manufacturer, device.manufacturer) &&
         device.service.host.find(request.query_value("address").value_or("")) != std::string::npos;
}

Response show(ServerParts& parts, const Request& request) {
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  if (const auto wrong = check_word(request, "initialised", {"yes", "no", "unknown"}))
    return error_response(*wrong);
  if (const auto wrong = check_word(request, "added", {"yes", "no"})) return error_response(*wrong);
  const auto state = parts.search.state();
  json::array found;
  std::size_t total = 0;
  for (const auto& row : found_rows(parts, request, state)) {
    if (!is_wanted(request, row)) continue;
    if (total >= page->offset && found.size() < page->limit) found.push_back(to_json(row));
    ++total;
  }
  auto object = to_json(state);
  for (auto& [name, value] : page_json("devices", std::move(found), total, *page))
    object[name] = std::move(value);
  return http::json_response(200, object);
}

Response stop(ServerParts& parts, const Request&) {
  parts.search.stop();
  return http::no_content();
}

}  // namespace

void add_discovery_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  router.add("POST", "/api/v1/discovery", guard,
             "Looks for devices on the segments of this server, or at addresses, ranges and segments that "
             "the body names",
             on_workers(parts, begin));
  router
      .add("GET", "/api/v1/discovery", guard, "How far the search is, and the devices that were found",
           on_workers(parts, show))
      .query = paged({{"initialised", "yes, no or unknown"},
                      {"added", "yes or no"},
                      {"manufacturer", "who made them"},
                      {"address", "part of the IP address"}});
  router.add("DELETE", "/api/v1/discovery", guard, "Stops the search; what it has found stays",
             on_workers(parts, stop));
  router.add("POST", "/api/v1/discovery/initialisation", guard,
             "Makes the administrator of found devices that have none, and adds them if the body says so",
             device_setup(parts));
  const http::Guard looking{"devices", false, false};
  router.add("POST", "/api/v1/discovery/preview", looking,
             "A picture of a found device whose administrator's password is admin or the caller's",
             device_preview(parts));
}

}  // namespace watchrig::api
