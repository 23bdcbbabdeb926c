#include "system/api/place_requests.hpp"

#include <map>

#include <fmt/format.h>

#include "system/api/audit.hpp"

namespace watchrig::api {

using base::ErrorKind;
using central::Authority;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

bool is_there(const ServerParts& parts, std::int64_t area) {
  return !parts.central.registry().area_path(area).empty();
}

base::Error no_area(std::string_view area) {
  return {ErrorKind::not_found, fmt::format("there is no area \"{}\"", area)};
}

}  // namespace

central::Areas areas_in(ServerParts& parts, BodyFields& fields) {
  central::Areas areas;
  if (!fields.body().contains("areas")) return areas;
  for (const auto& text : fields.texts("areas")) {
    const auto area = central::number_of_id(text, 'a');
    if (area < 0 || !is_there(parts, area))
      fields.refuse("areas", fmt::format("there is no area \"{}\"", text));
    areas.insert(area);
  }
  return areas;
}

std::optional<FieldError> find_missing(const ServerParts& parts, const central::Grants& grants) {
  for (const auto& [authority, reach] : grants) {
    if (!reach) continue;
    const auto field = fmt::format("authorities.{}", to_string(authority));
    for (const auto area : reach->areas) {
      if (!is_there(parts, area)) return FieldError{field, no_area(fmt::format("a{}", area))};
    }
    for (const auto& channel : reach->channels) {
      if (const auto found = parts.central.registry().find_channel(channel); !found)
        return FieldError{field, found.error()};
    }
  }
  return std::nullopt;
}

std::function<bool(std::int64_t)> own_areas(ServerParts& parts, const Request& request, Authority authority) {
  const auto rights = parts.central.accounts().rights(request.account);
  if (rights->may_everywhere(authority)) return [](std::int64_t) { return true; };
  return [rights, authority, known = std::map<std::int64_t, bool>()](std::int64_t area) mutable {
    const auto [it, is_new] = known.try_emplace(area, false);
    if (is_new) it->second = rights->may_in(authority, area);
    return it->second;
  };
}

FieldResult<void> check_area(ServerParts& parts, const Request& request, std::string_view area,
                             std::string field) {
  const auto number = central::number_of_id(area, 'a');
  if (is_there(parts, number) && own_areas(parts, request)(number)) return {};
  return FieldError{std::move(field), no_area(area)};
}

FieldResult<void> check_device(ServerParts& parts, const Request& request, std::string_view device,
                               Authority authority) {
  const auto found = parts.central.registry().find(device);
  if (!found) return FieldError{{}, found.error()};
  if (own_areas(parts, request, authority)(central::number_of_id((*found)->area, 'a'))) return {};
  return FieldError{{}, {ErrorKind::not_found, fmt::format("there is no device \"{}\"", device)}};
}

boost::json::object facts_of(const central::Area& area) {
  return {{"name", area.name}, {"parent", fmt::format("a{}", area.parent)}};
}

void tell_area(ServerParts& parts, const Request& request, std::string_view done, const central::Area& area,
               const boost::json::object& before, const boost::json::object& after) {
  tell_change(parts, request, fmt::format("area.{}", done),
              fmt::format("area \"{}\" was {}", area.name, done), {{"area", fmt::format("a{}", area.id)}},
              before, after);
}

std::optional<Response> refuse_narrowed(ServerParts& parts, const Request& request) {
  if (parts.central.accounts().rights(request.account)->may_everywhere(Authority::devices))
    return std::nullopt;
  return http::error_response(403, "denied", {}, "this is for those who look after the devices of all areas");
}

}  // namespace watchrig::api
