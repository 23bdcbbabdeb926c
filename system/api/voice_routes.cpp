#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/uploads.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::VoiceFile;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t most_names = 1000;

json::object to_json(const VoiceFile& voice) { return {{"name", voice.name}, {"bytes", voice.bytes}}; }

void tell_voice(ServerParts& parts, const Request& request, std::string_view what, const std::string& name,
                const json::object& before, const json::object& after) {
  tell_change(parts, request, fmt::format("voice.{}", what),
              fmt::format("voice file \"{}\" was {} by \"{}\"", name, what, request.account),
              {{"voice", name}}, before, after);
}
void tell_removed(ServerParts& parts, const Request& request, const std::string& name) {
  tell_voice(parts, request, "removed", name, {{"name", name}}, {});
}

Response list(ServerParts& parts, const Request&) {
  json::array voices;
  for (const auto& voice : parts.central.voices().all()) voices.push_back(to_json(voice));
  return http::json_response(200, json::object{{"voice_files", std::move(voices)}});
}

Response add(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto name = fields.text("name");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto content = uploaded(parts, "voice");
  if (!content) return http::error_response(content.error());
  const auto added = parts.central.voices().add(name, *content);
  if (!added) return error_response(added.error());
  tell_voice(parts, request, "added", name, {}, to_json(*added));
  return http::json_response(201, to_json(*added));
}

Response rename(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto name = fields.text("name");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto renamed = parts.central.voices().rename(request.param("voice"), name);
  if (!renamed) return error_response(renamed.error());
  tell_voice(parts, request, "renamed", name, {{"name", request.param("voice")}}, {{"name", name}});
  return http::json_response(200, to_json(*renamed));
}

Response remove(ServerParts& parts, const Request& request) {
  const auto name = request.param("voice");
  if (const auto removed = parts.central.voices().remove(name); !removed)
    return http::error_response(removed.error());
  tell_removed(parts, request, name);
  return http::no_content();
}

/// Each by itself: one that is not there keeps no other.
Response remove_several(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto names = fields.texts("names");
  if (names.empty() || names.size() > most_names) fields.refuse("names", "must name 1 to 1000 voice files");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  json::array removed;
  for (const auto& name : names) {
    if (!parts.central.voices().remove(name)) continue;
    tell_removed(parts, request, name);
    removed.emplace_back(name);
  }
  return http::json_response(200, json::object{{"removed", std::move(removed)}});
}

Response content(ServerParts& parts, const Request& request) {
  const auto name = request.param("voice");
  auto bytes = parts.central.voices().content(name);
  if (!bytes) return http::error_response(bytes.error());
  return http::file_response("application/octet-stream", "voice.pcm", *std::move(bytes));
}

}  // namespace

void add_voice_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"system"};
  router.add("GET", "/api/v1/voice-files", guard, "The sounds that alarms can play", on_workers(parts, list));
  router.add("POST", "/api/v1/voice-files", guard,
             "Takes the upload \"voice\" as a voice file: raw PCM of 2 KB to 10 MB, 200 MB together",
             on_workers(parts, add));
  router.add("GET", "/api/v1/voice-files/{voice}", guard, "The samples of a voice file",
             on_workers(parts, content));
  router.add("PATCH", "/api/v1/voice-files/{voice}", guard, "Renames a voice file",
             on_workers(parts, rename));
  router.add("DELETE", "/api/v1/voice-files/{voice}", guard, "Removes a voice file",
             on_workers(parts, remove));
  router.add("POST", "/api/v1/voice-files/removal", guard, "Removes several voice files by their names",
             on_workers(parts, remove_several));
}

}  // namespace watchrig::api
