#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/gate.hpp"
#include "system/api/layout_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

using central::LayoutKind;
using http::Request;
using http::Response;

namespace {

Response picture(ServerParts& parts, const Request& request, LayoutKind kind, const std::string& id) {
  if (const auto layout = find_seen(parts, request, kind, id); !layout)
    return http::error_response(layout.error());
  auto found = parts.central.layouts().picture(kind, id);
  if (!found) return http::error_response(found.error());
  Response response;
  response.content_type = std::move(found->type);
  response.body = std::move(found->bytes);
  // Uploaded by somebody: a browser must not take it for anything but a picture.
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

Response set_picture(ServerParts& parts, const Request& request, LayoutKind kind, const std::string& id) {
  const auto layout = parts.central.layouts().find(kind, id);
  if (!layout) return http::error_response(layout.error());
  if (const auto own = check_own(parts, request, *layout); !own) return error_response(own.error());
  const auto set = parts.central.layouts().set_picture(kind, id, request.body);
  if (!set) return error_response(set.error());
  tell(parts, request, "layout.changed", fmt::format("{} {} got another picture", rule_of(kind).title, id),
       {{"layout", id}, {"picture_bytes", request.body.size()}});
  return http::no_content();
}

void add_picture_routes(http::Router& router, ServerParts& parts, LayoutKind kind, std::string path,
                        std::string param) {
  router.add_plain("GET", path, {signed_in}, "The picture", [&parts, kind, param](const Request& request) {
    return picture(parts, request, kind, request.param(param));
  });
  router.add_plain("PUT", path, {"devices"}, "Takes a PNG or JPEG picture of at most 1 MiB",
                   [&parts, kind, param](const Request& request) {
                     return set_picture(parts, request, kind, request.param(param));
                   });
}

}  // namespace

void add_layout_routes(http::Router& router, ServerParts& parts) {
  const http::Guard all{signed_in};
  add_layout_routes(router, parts,
                    {LayoutKind::view_group,
                     "/api/v1/view-groups",
                     "view_group",
                     "view_groups",
                     all,
                     {"live"},
                     "a view group"});
  add_layout_routes(router, parts,
                    {LayoutKind::view, "/api/v1/views", "view", "views", all, {"live"}, "a view"});
  add_layout_routes(router, parts,
                    {LayoutKind::video_group,
                     "/api/v1/video-groups",
                     "video_group",
                     "video_groups",
                     all,
                     {"system"},
                     "a video group"});
  add_layout_routes(router, parts,
                    {LayoutKind::map, "/api/v1/maps", "map", "maps", all, {"devices"}, "a map"});
  add_layout_routes(
      router, parts,
      {LayoutKind::icon, "/api/v1/map-icons", "icon", "icons", all, {"devices"}, "an icon of maps"});
  add_picture_routes(router, parts, LayoutKind::map, "/api/v1/maps/{map}/picture", "map");
  add_picture_routes(router, parts, LayoutKind::icon, "/api/v1/map-icons/{icon}/picture", "icon");
}

}  // namespace watchrig::api
