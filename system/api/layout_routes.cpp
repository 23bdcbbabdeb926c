#include <boost/json/array.hpp>

#include "system/api/gate.hpp"
#include "system/api/layout_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

using central::LayoutKind;
using http::Request;
using http::Response;

namespace {

Response picture(const ServerParts& parts, LayoutKind kind, const std::string& id) {
  auto found = parts.central.layouts().picture(kind, id);
  if (!found) return http::error_response(found.error());
  Response response;
  response.content_type = std::move(found->type);
  response.body = std::move(found->bytes);
  // Uploaded by somebody: a browser must not take it for anything but a picture.
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

void add_picture_routes(http::Router& router, ServerParts& parts, LayoutKind kind, std::string path,
                        std::string param) {
  router.add_plain("GET", path, {signed_in}, "The picture", [&parts, kind, param](const Request& request) {
    return picture(parts, kind, request.param(param));
  });
  router.add_plain("PUT", path, {"devices"}, "Takes a PNG or JPEG picture of at most 1 MiB",
                   [&parts, kind, param](const Request& request) {
                     const auto set =
                         parts.central.layouts().set_picture(kind, request.param(param), request.body);
                     return set ? http::no_content() : error_response(set.error());
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
