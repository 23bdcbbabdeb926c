#include "system/api/client_notes.hpp"

#include <optional>

#include "system/api/request_trace.hpp"
#include "system/api/response_reason.hpp"
#include "system/platform/recording_messages.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Handler;
using http::Request;
using http::Response;
using http::Route;

namespace {

constexpr int first_failure = 300;
constexpr std::string_view of_a_channel = "/api/v1/channels/{channel}/";
constexpr std::string_view of_heads = "ptz/";

/// What a route asks for, as H.626.4 names it.
struct Flow {
  std::string_view name;
  std::string_view answer;   ///< empty: the name with _result
  std::string command = {};  ///< of a head
};

template <class Body>
Flow flow_of() {
  if constexpr (requires { Body::answer_name; })
    return {Body::message_name, Body::answer_name};
  else
    return {Body::message_name, {}};
}

std::optional<Flow> flow_of(const Route& route) {
  if (!std::string_view(route.pattern).starts_with(of_a_channel)) return std::nullopt;
  const auto end = std::string_view(route.pattern).substr(of_a_channel.size());
  if (route.method == "GET") {
    if (end == "spans") return flow_of<platform::NvrPlaybackQuery>();
    if (end == "export.mp4") return flow_of<platform::NvrDownloadRecord>();
    if (end == "device-recordings") return flow_of<platform::PuPlaybackQuery>();
    if (end == "device-recordings/export.mp4") return flow_of<platform::PuDownloadRecord>();
    return std::nullopt;
  }
  // Who steers is agreed upon among clients; the head is told nothing.
  if (!end.starts_with(of_heads) || end == "ptz/operator") return std::nullopt;
  auto flow = flow_of<platform::PtzControl>();
  flow.command = end.substr(of_heads.size());
  return flow;
}

base::Result<json::object> result_of(const Response& response) {
  if (response.status < first_failure) return json::object();
  return base::Error{base::ErrorKind::io, reason_of(response)};
}

/// A coroutine owns what it is given: flow and handler are those of the route.
asio::awaitable<Response> handle(ServerParts* parts, std::shared_ptr<const Flow> flow,
                                 std::shared_ptr<const Handler> handler, Request request) {
  platform::Message message;
  message.name = flow->name;
  message.answer = flow->answer;
  message.body["channel"] = request.param("channel");
  if (!flow->command.empty()) message.body["command"] = flow->command;
  const auto asked = note_question(*parts, request, std::move(message));
  Response response = co_await (*handler)(std::move(request));
  const auto result = result_of(response);
  parts->central.device_notes().answered(asked, result);
  co_return response;
}

}  // namespace

platform::Message note_question(ServerParts& parts, const Request& request, platform::Message message) {
  message.from = client_role;
  message.to = platform::central_role;
  message.body["account"] = request.account;
  message.body["source"] = request.source();
  return parts.central.device_notes().heard(std::move(message), trace_name(request));
}

void note_clients(http::Router& router, ServerParts& parts) {
  router.wrap([&parts](const Route& route) -> Handler {
    const auto flow = flow_of(route);
    if (!flow) return route.handler;
    auto shared = std::make_shared<const Flow>(*flow);
    auto inner = std::make_shared<const Handler>(route.handler);
    return [&parts, shared = std::move(shared), inner = std::move(inner)](Request request) {
      return handle(&parts, shared, inner, std::move(request));
    };
  });
}

}  // namespace watchrig::api
