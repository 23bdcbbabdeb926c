#include "system/api/layout_requests.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/idempotency.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/request_fields.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::FieldError;
using central::FieldResult;
using central::Layout;
using central::LayoutKind;
using http::Request;
using http::Response;

namespace {

bool is_visible(const ServerParts& parts, const central::Rights& rights, const json::value& channel) {
  return channel.is_string() && rights.sees(std::string(channel.get_string())) &&
         parts.central.registry().find_channel(channel.get_string()).has_value();
}

/// The entries of a list, without those whose channel the caller does not see.
json::array visible(ServerParts& parts, const Request& request, const json::array& entries) {
  const auto rights = parts.central.accounts().rights(request.account);
  json::array shown;
  for (const auto& entry : entries) {
    const auto* channel = entry.is_object() ? entry.get_object().if_contains("channel") : &entry;
    const auto* device = entry.is_object() ? entry.get_object().if_contains("device") : nullptr;
    if (channel && !is_visible(parts, *rights, *channel)) continue;
    if (device && !check_device(parts, request, device->as_string())) continue;
    shown.push_back(entry);
  }
  return shown;
}

bool has_group(LayoutKind kind) { return kind == LayoutKind::view || kind == LayoutKind::view_group; }

/// The empty content of each kind, which a body fills.
json::object empty_content(LayoutKind kind) {
  if (kind == LayoutKind::view) return {{"windows", json::array()}};
  if (kind == LayoutKind::video_group) return {{"channels", json::array()}};
  if (kind == LayoutKind::map) return {{"area", "a0"}, {"items", json::array()}};
  return {};
}

/// Puts the members of the body into the layout; what the body leaves out stays.
FieldResult<void> read_layout(const Request& request, Layout& layout, bool is_new) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return FieldError{{}, body.error()};
  FieldReader fields(*body);
  layout.name = fields.text("name", is_new ? std::nullopt : std::optional(layout.name));
  if (has_group(layout.kind) && body->contains("group")) {
    const auto group = fields.text("group");
    layout.parent = group.empty() ? 0 : central::number_of_id(group, 'g');
    if (layout.parent < 0) fields.refuse("group", "must be a view group such as \"g1\"");
  } else if (is_new && layout.kind == LayoutKind::view) {
    layout.parent = 1;
  }
  if (is_new) layout.content = empty_content(layout.kind);
  for (auto& [name, value] : layout.content) {
    fields.known(std::string(name));
    if (const auto* given = body->if_contains(name)) value = *given;
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return {};
}

/// A map is touched only by who looks after its area.
FieldResult<void> check_own(ServerParts& parts, const Request& request, const Layout& layout) {
  const auto* area = layout.kind == LayoutKind::map ? layout.content.if_contains("area") : nullptr;
  if (!area || !area->is_string()) return {};
  return check_area(parts, request, area->get_string());
}

/// The area of a map is there, and the caller's.
FieldResult<void> check_map(ServerParts& parts, const Request& request, const Layout& layout) {
  const auto* area = layout.kind == LayoutKind::map ? layout.content.if_contains("area") : nullptr;
  if (!area || !area->is_string()) return {};
  const std::string_view id = area->get_string();
  if (!parts.central.registry().find_area(central::number_of_id(id, 'a')))
    return FieldError{"area", {base::ErrorKind::not_found, fmt::format("there is no area \"{}\"", id)}};
  return check_own(parts, request, layout);
}

Response show(ServerParts& parts, const Request& request, int status, const Layout& layout) {
  return with_etag(http::json_response(status, to_json(parts, request, layout)), layout.version);
}

void tell_layout(ServerParts& parts, const Request& request, const LayoutRoutes& routes,
                 std::string_view done, const std::string& id) {
  tell(parts, request, fmt::format("layout.{}", done),
       fmt::format("{} {} was {}", rule_of(routes.kind).title, id, done), {{"layout", id}});
}

Response list(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  json::array entries;
  for (const auto& layout : parts.central.layouts().all(routes.kind))
    entries.push_back(to_json(parts, request, layout));
  return http::json_response(200, json::object{{routes.list_name, std::move(entries)}});
}

Response add(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  Layout layout;
  layout.kind = routes.kind;
  if (const auto read = read_layout(request, layout, true); !read) return error_response(read.error());
  if (const auto known = check_map(parts, request, layout); !known) return error_response(known.error());
  const auto added = parts.central.layouts().add(layout);
  if (!added) return error_response(added.error());
  tell_layout(parts, request, routes, "added", id_of(*added));
  return show(parts, request, 201, *added);
}

Response change(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  const auto changed = parts.central.layouts().change(
      routes.kind, request.param(routes.param), [&](Layout& layout) -> FieldResult<void> {
        if (auto matches = check_if_match(request, layout.version); !matches) return matches;
        if (auto own = check_own(parts, request, layout); !own) return own;
        if (auto read = read_layout(request, layout, false); !read) return read;
        return check_map(parts, request, layout);
      });
  if (!changed) return error_response(changed.error());
  tell_layout(parts, request, routes, "changed", id_of(*changed));
  return show(parts, request, 200, *changed);
}

Response remove(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  const bool with_views = request.query_value("with_views") == "true";
  const auto removed = parts.central.layouts().remove(
      routes.kind, request.param(routes.param), with_views, [&](Layout& layout) -> FieldResult<void> {
        if (auto own = check_own(parts, request, layout); !own) return own;
        return check_if_match(request, layout.version);
      });
  if (!removed) return error_response(removed.error());
  tell_layout(parts, request, routes, "removed", request.param(routes.param));
  return http::no_content();
}

}  // namespace

json::object to_json(ServerParts& parts, const Request& request, const Layout& layout) {
  json::object object{{"id", id_of(layout)}, {"name", layout.name}};
  if (layout.parent != 0) object["group"] = fmt::format("g{}", layout.parent);
  for (const auto& [name, value] : layout.content) {
    object[name] = value.is_array() ? json::value(visible(parts, request, value.get_array())) : value;
  }
  return object;
}

void add_layout_routes(http::Router& router, ServerParts& parts, const LayoutRoutes& routes) {
  using Work = Response (*)(ServerParts&, const Request&, const LayoutRoutes&);
  const auto plainly = [&](Work work) {
    return [&parts, routes, work](const Request& request) { return work(parts, request, routes); };
  };
  const std::string one = fmt::format("{}/{{{}}}", routes.path, routes.param);
  router.add_plain("GET", routes.path, routes.reading, fmt::format("All of what {} is", routes.what),
                   [&parts, routes](const Request& request) { return list(parts, request, routes); });
  router.add_plain("POST", routes.path, routes.changing, fmt::format("Adds {}", routes.what),
                   once_for_each_key(parts.clock, plainly(add)));
  router.add_plain("GET", one, routes.reading, fmt::format("Shows {}", routes.what),
                   [&parts, routes](const Request& request) {
                     const auto found =
                         parts.central.layouts().find(routes.kind, request.param(routes.param));
                     return found ? show(parts, request, 200, *found) : http::error_response(found.error());
                   });
  router.add_plain("PATCH", one, routes.changing,
                   fmt::format("Changes what the body names of {}", routes.what), plainly(change));
  auto& removal = router.add_plain("DELETE", one, routes.changing, fmt::format("Removes {}", routes.what),
                                   plainly(remove));
  if (routes.kind == LayoutKind::view_group)
    removal.query = {{"with_views",
                      "true: its views and groups go too; without it a group that has some stays",
                      "boolean"}};
}

}  // namespace watchrig::api
