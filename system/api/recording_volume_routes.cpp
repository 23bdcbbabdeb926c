// The volumes that are recorded on, and how they are.
#include <boost/json/array.hpp>

#include "system/api/question_share.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

using Shared = std::shared_ptr<QuestionShare>;

asio::awaitable<Response> list_volumes(ServerParts& parts, Shared share, Request request) {
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  const auto found = co_await parts.storage_queries.volumes(trace_name(request));
  if (!found) co_return http::error_response(found.error());
  json::array volumes;
  for (const auto& volume : found->volumes) {
    volumes.push_back(json::object{{"directory", volume.directory},
                                   {"state", volume.state},
                                   {"capacity", volume.capacity},
                                   {"free", volume.free},
                                   {"locked", volume.locked},
                                   {"recorders", volume.recorders},
                                   {"queued", volume.queued}});
  }
  co_return http::json_response(200, {{"volumes", std::move(volumes)}});
}

}  // namespace

void add_recording_volume_routes(http::Router& router, ServerParts& parts) {
  const auto share = std::make_shared<QuestionShare>();
  router.add("GET", "/api/v1/recording-volumes", {"system"},
             "The volumes that are recorded on: how they are, and how much is on them",
             [&parts, share](Request request) { return list_volumes(parts, share, std::move(request)); });
}

}  // namespace watchrig::api
