#include <boost/json/array.hpp>

#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::TaskState;
using http::Request;
using http::Response;

namespace {

json::object to_json(const central::BackgroundTask& task) {
  json::object object{{"id", task.id},
                      {"kind", task.kind},
                      {"account", task.account},
                      {"state", to_string(task.state)},
                      {"since", base::format_utc(task.since)}};
  if (task.started) object["started"] = base::format_utc(*task.started);
  if (task.progress) object["progress"] = *task.progress;
  return object;
}

Response list(ServerParts& parts, const Request& request) {
  std::optional<TaskState> state;
  if (const auto text = request.query_value("state")) {
    state = central::task_state_from(*text);
    if (!state)
      return error_response({"state", {base::ErrorKind::invalid, "state must be running or waiting"}});
  }
  json::array tasks;
  for (const auto& task : parts.central.tasks().list(state)) tasks.push_back(to_json(task));
  return http::json_response(200, json::object{{"tasks", std::move(tasks)}});
}

}  // namespace

void add_task_routes(http::Router& router, ServerParts& parts) {
  // Not on the workers: it would wait for the very tasks that it is to show.
  router
      .add_plain("GET", "/api/v1/system/tasks", {"system"},
                 "Exports, imports, copies and the like that are being done or wait, oldest first",
                 [&parts](const Request& request) { return list(parts, request); })
      .query = {{"state", "running or waiting; both without it"}};
}

}  // namespace watchrig::api
