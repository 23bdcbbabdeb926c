#include "system/api/layout_requests.hpp"

#include <algorithm>
#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
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

enum class Sight {
  seen,
  hidden,  ///< there, but not for the caller
  gone
};

/// Of the channel or device that an entry of a list names. An entry may be the channel itself.
Sight sight_of(ServerParts& parts, const Request& request, const json::value& entry) {
  const auto& registry = parts.central.registry();
  const auto* members = entry.if_object();
  if (const auto* device = members ? members->if_contains("device") : nullptr) {
    const std::string_view id = device->as_string();
    if (check_device(parts, request, id)) return Sight::seen;
    return registry.find(id) ? Sight::hidden : Sight::gone;
  }
  const std::string id((members ? members->at("channel") : entry).as_string());
  if (!registry.find_channel(id)) return Sight::gone;
  return parts.central.accounts().rights(request.account)->sees(id) ? Sight::seen : Sight::hidden;
}

/// The entries of a list of which the caller has this sight.
json::array entries_in(ServerParts& parts, const Request& request, const json::array& entries, Sight sight) {
  json::array chosen;
  std::ranges::copy_if(entries, std::back_inserter(chosen),
                       [&](const json::value& entry) { return sight_of(parts, request, entry) == sight; });
  return chosen;
}

bool has_any(ServerParts& parts, const Request& request, const Layout& layout, Sight sight) {
  return std::ranges::any_of(layout.content, [&](const auto& member) {
    const auto* entries = member.value().if_array();
    return entries && std::ranges::any_of(*entries, [&](const json::value& entry) {
             return sight_of(parts, request, entry) == sight;
           });
  });
}

/// Of a map.
std::optional<std::string_view> area_of(const Layout& layout) {
  if (layout.kind != LayoutKind::map) return std::nullopt;
  const auto* area = layout.content.if_contains("area");
  if (!area || !area->is_string()) return std::nullopt;
  return area->get_string();
}

/// A map exists for those who may do something in its area, or to something that is on it.
bool is_seen(ServerParts& parts, const Request& request, const Layout& layout) {
  if (layout.kind != LayoutKind::map) return true;
  const auto rights = parts.central.accounts().rights(request.account);
  const auto area = area_of(layout);
  return (area && rights->sees_area(central::number_of_id(*area, 'a'))) ||
         has_any(parts, request, layout, Sight::seen);
}

bool has_group(LayoutKind kind) { return kind == LayoutKind::view || kind == LayoutKind::view_group; }

/// The empty content of each kind, which a body fills.
json::object empty_content(LayoutKind kind) {
  if (kind == LayoutKind::view) return {{"windows", json::array()}};
  if (kind == LayoutKind::video_group) return {{"channels", json::array()}};
  if (kind == LayoutKind::map) return {{"area", "a0"}, {"items", json::array()}};
  return {};
}

/// Puts the members of the body into the layout; what the body leaves out stays, and so do the entries of its
/// lists that the caller does not see.
FieldResult<void> read_layout(ServerParts& parts, const Request& request, Layout& layout, bool is_new) {
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
    const auto* given = body->if_contains(name);
    if (!given) continue;
    const auto others =
        value.is_array() ? entries_in(parts, request, value.get_array(), Sight::hidden) : json::array();
    value = *given;
    if (value.is_array()) value.get_array().insert(value.get_array().end(), others.begin(), others.end());
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return {};
}

/// A device that has told how many inputs it has has each that is placed.
FieldResult<void> check_inputs(ServerParts& parts, const Layout& layout) {
  const auto* items = layout.kind == LayoutKind::map ? layout.content.if_contains("items") : nullptr;
  if (!items || !items->is_array()) return {};
  for (const auto& item : items->get_array()) {
    const auto* members = item.if_object();
    const auto* id = members ? members->if_contains("device") : nullptr;
    const auto* input = members ? members->if_contains("input") : nullptr;
    if (!id || !id->is_string() || !input || !input->is_int64()) continue;  // the store says what is wrong
    const auto found = parts.central.registry().find(std::string_view(id->get_string()));
    const auto* device = found ? found->get() : nullptr;
    if (device && device->inputs > 0 && input->get_int64() > device->inputs)
      return FieldError{
          "items",
          {base::ErrorKind::invalid, fmt::format("device \"{}\" has no input {}: its last is {}",
                                                 device->name, input->get_int64(), device->inputs)}};
  }
  return {};
}

/// The area of a map is there, and the caller's; so are the inputs on it.
FieldResult<void> check_map(ServerParts& parts, const Request& request, const Layout& layout) {
  const auto area = area_of(layout);
  if (area && !parts.central.registry().find_area(central::number_of_id(*area, 'a')))
    return FieldError{"area", {base::ErrorKind::not_found, fmt::format("there is no area \"{}\"", *area)}};
  if (auto there = check_inputs(parts, layout); !there) return there;
  return check_own(parts, request, layout);
}

Response show(ServerParts& parts, const Request& request, int status, const Layout& layout) {
  return with_etag(http::json_response(status, to_json(parts, request, layout)), layout.version);
}

Response show_one(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  const auto found = find_seen(parts, request, routes.kind, request.param(routes.param));
  if (!found) return http::error_response(found.error());
  return show(parts, request, 200, *found);
}

/// With all channels, whoever asks: the log is for those who may read everything.
json::object facts_of(const Layout& layout) {
  auto facts = layout.content;
  facts["name"] = layout.name;
  if (layout.parent != 0) facts["group"] = fmt::format("g{}", layout.parent);
  return facts;
}

void tell_layout(ServerParts& parts, const Request& request, std::string_view done, const Layout& layout,
                 const json::object& before, const json::object& after) {
  const auto id = id_of(layout);
  tell_change(parts, request, fmt::format("layout.{}", done),
              fmt::format("{} {} was {}", rule_of(layout.kind).title, id, done), {{"layout", id}}, before,
              after);
}

Response list(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  json::array entries;
  for (const auto& layout : parts.central.layouts().all(routes.kind)) {
    if (is_seen(parts, request, layout)) entries.push_back(to_json(parts, request, layout));
  }
  return http::json_response(200, json::object{{routes.list_name, std::move(entries)}});
}

Response add(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  Layout layout;
  layout.kind = routes.kind;
  if (const auto read = read_layout(parts, request, layout, true); !read) return error_response(read.error());
  if (const auto known = check_map(parts, request, layout); !known) return error_response(known.error());
  const auto added = parts.central.layouts().add(layout);
  if (!added) return error_response(added.error());
  tell_layout(parts, request, "added", *added, {}, facts_of(*added));
  return show(parts, request, 201, *added);
}

Response change(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  json::object before;
  const auto changed = parts.central.layouts().change(
      routes.kind, request.param(routes.param), [&](Layout& layout) -> FieldResult<void> {
        if (auto matches = check_if_match(request, layout.version); !matches) return matches;
        if (auto own = check_own(parts, request, layout); !own) return own;
        before = facts_of(layout);
        if (auto read = read_layout(parts, request, layout, false); !read) return read;
        return check_map(parts, request, layout);
      });
  if (!changed) return error_response(changed.error());
  tell_layout(parts, request, "changed", *changed, before, facts_of(*changed));
  return show(parts, request, 200, *changed);
}

/// What is there for others, too, does not go by the hand of one who does not see it.
FieldResult<void> check_sees_all(ServerParts& parts, const Request& request, const Layout& layout) {
  std::set<std::int64_t> groups{layout.number};
  const auto& layouts = parts.central.layouts();
  if (layout.kind == LayoutKind::view_group) {
    for (const auto& group : layouts.all(LayoutKind::view_group)) {
      if (group.parent == layout.number) groups.insert(group.number);
    }
  }
  bool hides = has_any(parts, request, layout, Sight::hidden);
  if (layout.kind == LayoutKind::view_group) {
    for (const auto& view : layouts.all(LayoutKind::view))
      hides = hides || (groups.contains(view.parent) && has_any(parts, request, view, Sight::hidden));
  }
  if (!hides) return {};
  return FieldError{
      {},
      {base::ErrorKind::denied, fmt::format("{} {} has channels that you may not see; change it instead",
                                            rule_of(layout.kind).title, id_of(layout))}};
}

Response remove(ServerParts& parts, const Request& request, const LayoutRoutes& routes) {
  const auto id = request.param(routes.param);
  const auto there = find_seen(parts, request, routes.kind, id);
  if (!there) return http::error_response(there.error());
  if (const auto all = check_sees_all(parts, request, *there); !all) return error_response(all.error());
  const bool with_views = request.query_value("with_views") == "true";
  const auto removed =
      parts.central.layouts().remove(routes.kind, id, with_views, [&](Layout& layout) -> FieldResult<void> {
        if (auto own = check_own(parts, request, layout); !own) return own;
        return check_if_match(request, layout.version);
      });
  if (!removed) return error_response(removed.error());
  tell_layout(parts, request, "removed", *there, facts_of(*there), {});
  return http::no_content();
}

}  // namespace

FieldResult<void> check_own(ServerParts& parts, const Request& request, const Layout& layout) {
  const auto area = area_of(layout);
  return area ? check_area(parts, request, *area) : FieldResult<void>();
}

base::Result<Layout> find_seen(ServerParts& parts, const Request& request, LayoutKind kind,
                               const std::string& id) {
  auto found = parts.central.layouts().find(kind, id);
  if (found && !is_seen(parts, request, *found))
    return base::Error{base::ErrorKind::not_found,
                       fmt::format("there is no {} \"{}\"", rule_of(kind).title, id)};
  return found;
}

json::object to_json(ServerParts& parts, const Request& request, const Layout& layout) {
  json::object object{{"id", id_of(layout)}, {"name", layout.name}};
  if (layout.parent != 0) object["group"] = fmt::format("g{}", layout.parent);
  for (const auto& [name, value] : layout.content) {
    object[name] =
        value.is_array() ? json::value(entries_in(parts, request, value.get_array(), Sight::seen)) : value;
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
  router.add_plain("POST", routes.path, routes.changing, fmt::format("Adds {}", routes.what), plainly(add));
  router.add_plain("GET", one, routes.reading, fmt::format("Shows {}", routes.what), plainly(show_one));
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
