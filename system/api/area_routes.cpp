#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/etag.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Area;
using central::AreaTree;
using http::Request;
using http::Response;

namespace {

std::string id_text(std::int64_t id) { return fmt::format("a{}", id); }

json::object to_json(const central::AreaOfDevices& of) {
  json::object object{{"id", id_text(of.area.id)}, {"name", of.area.name}, {"devices", of.devices}};
  if (of.area.id != AreaTree::root) object["parent"] = id_text(of.area.parent);
  return object;
}

Response show(int status, const central::AreaOfDevices& of) {
  return with_etag(http::json_response(status, to_json(of)), of.area.version);
}

/// The caller's areas, with those above them.
Response list_areas(ServerParts& parts, const Request& request) {
  const auto all = parts.central.registry().areas();
  const auto own = own_areas(parts, request);
  std::set<std::int64_t> shown;
  for (const auto& of : all) {
    if (!own(of.area.id)) continue;
    for (const auto id : parts.central.registry().area_path(of.area.id)) shown.insert(id);
  }
  json::array list;
  for (const auto& of : all) {
    if (shown.contains(of.area.id)) list.push_back(to_json(of));
  }
  return http::json_response(200, json::object{{"areas", std::move(list)}});
}

central::FieldResult<Area> area_from(const Request& request, const Area& before, bool is_new) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return central::FieldError{{}, body.error()};
  FieldReader fields(*body);
  Area area = before;
  area.name = fields.text("name", is_new ? std::nullopt : std::optional(before.name));
  area.parent = central::number_of_id(fields.text("parent", id_text(before.parent)), 'a');
  if (area.parent < 0) fields.refuse("parent", "must be an area such as \"a0\"");
  fields.no_others();
  if (fields.error()) return *fields.error();
  return area;
}

Response add_area(ServerParts& parts, const Request& request) {
  const auto area = area_from(request, {}, true);
  if (!area) return error_response(area.error());
  if (const auto own = check_area(parts, request, id_text(area->parent), "parent"); !own)
    return error_response(own.error());
  const auto added = parts.central.registry().add_area(*area);
  if (!added) return error_response(added.error());
  tell_area(parts, request, "added", added->area, {}, facts_of(added->area));
  return show(201, *added);
}

Response find_area(ServerParts& parts, const Request& request) {
  const auto area = parts.central.registry().find_area(central::number_of_id(request.param("area"), 'a'));
  return area ? show(200, *area) : http::error_response(area.error());
}

Response change_area(ServerParts& parts, const Request& request) {
  json::object before;
  const auto changed = parts.central.registry().change_area(
      central::number_of_id(request.param("area"), 'a'), [&](Area& area) -> central::FieldResult<void> {
        if (auto matches = check_if_match(request, area.version); !matches) return matches;
        const auto wanted = area_from(request, area, false);
        if (!wanted) return wanted.error();
        const bool moves = wanted->parent != area.parent;
        before = facts_of(area);
        area = *wanted;
        return moves ? check_area(parts, request, id_text(area.parent), "parent")
                     : central::FieldResult<void>();
      });
  if (!changed) return error_response(changed.error());
  tell_area(parts, request, "changed", changed->area, before, facts_of(changed->area));
  return show(200, *changed);
}

central::FieldResult<void> check_empty(ServerParts& parts, const Request& request, const Area& area) {
  for (const auto& map : parts.central.layouts().all(central::LayoutKind::map)) {
    if (map.content.at("area").as_string() == id_text(area.id)) {
      return central::FieldError{
          {},
          {base::ErrorKind::conflict,
           fmt::format("area \"{}\" has the map \"{}\": move or remove it first", area.name, map.name)}};
    }
  }
  return check_if_match(request, area.version);
}

Response remove_area(ServerParts& parts, const Request& request) {
  const auto removed =
      parts.central.registry().remove_area(central::number_of_id(request.param("area"), 'a'),
                                           [&](Area& area) { return check_empty(parts, request, area); });
  if (!removed) return error_response(removed.error());
  tell_area(parts, request, "removed", *removed, facts_of(*removed), {});
  return http::no_content();
}

}  // namespace

void add_area_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  router.add("GET", "/api/v1/areas", guard, "The tree of areas, parents before children",
             on_workers(parts, list_areas));
  router.add("POST", "/api/v1/areas", guard, "Adds an area below another", on_workers(parts, add_area));
  router.add("GET", "/api/v1/areas/{area}", guard, "One area", on_workers(parts, find_area));
  router.add("PATCH", "/api/v1/areas/{area}", guard, "Renames or moves an area",
             on_workers(parts, change_area));
  router.add("DELETE", "/api/v1/areas/{area}", guard, "Removes an area in which nothing is",
             on_workers(parts, remove_area));
}

}  // namespace watchrig::api
