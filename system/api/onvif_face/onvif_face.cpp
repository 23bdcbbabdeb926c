#include "system/api/onvif_face/onvif_face.hpp"

#include <fmt/format.h>

#include "system/api/gate.hpp"
#include "system/api/onvif_face/face_snapshot.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using http::Request;
using http::Response;
using protocols::SoapCall;
using protocols::SoapFault;
using protocols::SoapMessage;
using protocols::SoapService;
using protocols::UserLevel;

namespace {

constexpr const char* soap_type = "application/soap+xml; charset=utf-8";
/// More than any request to these services needs; who sends it need not be known.
constexpr SoapMessage::Limits limits{std::size_t{64} << 10, 32};

/// ONVIF Core 5.11.2.2: faults come with 400, 401 or 500; of this server also with 503, for want of room.
Response fault_response(int status, const SoapFault& fault) {
  return {status, soap_type, protocols::fault_text(fault), {}, {}};
}

Response refused(SoapFault fault) {
  const int status = fault.blame == SoapFault::Blame::sender ? 400 : 500;
  return fault_response(status, fault);
}

}  // namespace

OnvifFace::OnvifFace(ServerParts& parts) : parts_(parts), callers_(parts), services_(onvif_services(parts)) {}

/// ONVIF Core 5.9.2: without credentials the answer is an HTTP challenge.
Response OnvifFace::unauthorised(const OnvifCaller& caller) {
  if (caller.too_many) {
    return fault_response(503, {protocols::SoapFault::Blame::receiver, {"ter:OutofMemory"}, caller.reason});
  }
  auto response = fault_response(
      401, protocols::refuse({"ter:NotAuthorized"}, caller.reason.empty() ? "sign in first" : caller.reason));
  for (auto& challenge : callers_.challenges(caller.stale))
    response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  return response;
}

/// By the name that the client has connected by, so that it finds its way back.
void OnvifFace::reach(const Request& request, SoapCall& call) const {
  const auto host = request.headers.find("host");
  call.authority = host == request.headers.end() ? std::string() : host->second;
  const bool has_port = call.authority.rfind(':') != std::string::npos && !call.authority.ends_with(']');
  if (request.encrypted) call.scheme = "https";
  if (!has_port) call.authority += call.scheme == "https" ? ":443" : ":80";
  if (!protocols::is_authority(call.authority)) {
    call.authority =
        fmt::format("{}:{}", parts_.central.settings().text("http", "address"), parts_.ports.http.load());
  }
}

/// While there is nobody who could come in.
std::optional<Response> OnvifFace::refuse_all() const {
  if (auto refusal = refuse_uninitialised(parts_.central.accounts())) return refusal;
  if (parts_.central.settings().flag("onvif", "service")) return std::nullopt;
  return http::error_response(403, "disabled", {},
                              "the service ONVIF is off: PUT /api/v1/services/onvif switches it on");
}

asio::awaitable<Response> OnvifFace::snapshot(Request request) {
  if (auto refusal = refuse_all()) co_return *std::move(refusal);
  const auto caller = callers_.identify(request, {});
  if (!may(caller.level, protocols::AccessClass::read_media)) co_return unauthorised(caller);
  co_return co_await face_snapshot(parts_, request.param("profile"), onvif_account(caller.name));
}

asio::awaitable<Response> OnvifFace::serve(const SoapService& service, Request request) {
  if (auto refusal = refuse_all()) co_return *std::move(refusal);
  // Clients that mean to answer a challenge send no body with their first request (RFC 7616, 3.3).
  if (request.body.empty()) co_return unauthorised({});
  const auto message = SoapMessage::parse(request.body, limits);
  if (!message) co_return refused(protocols::refuse({"ter:WellFormed"}, message.error().message));
  const auto operation = protocols::find_operation(service, message->content());
  if (!operation) co_return refused(operation.error());
  SoapCall call{.request = message->content(), .answer = {}, .authority = {}};
  if (const auto access = (*operation)->access; access != protocols::AccessClass::pre_auth) {
    const auto caller = callers_.identify(request, message->header());
    if (caller.level == UserLevel::anonymous) co_return unauthorised(caller);
    if (!may(caller.level, access)) {
      co_return refused(protocols::refuse({"ter:NotAuthorized"},
                                          fmt::format("the group of \"{}\" may not do this", caller.name)));
    }
    call.user = caller.name;
  }
  reach(request, call);
  call.source = request.source();
  call.correlation = trace_name(request);
  auto answer = co_await protocols::answer_to(*message, service, **operation, call);
  if (!answer) co_return refused(answer.error());
  co_return Response{200, soap_type, *std::move(answer), {}, {}};
}

std::vector<SoapService> onvif_services(ServerParts& parts) {
  return {onvif_device_service(parts), onvif_media_service(parts), onvif_media2_service(parts),
          onvif_ptz_service(parts)};
}

void add_onvif_face(http::Router& router, ServerParts& parts) {
  const auto face = std::make_shared<OnvifFace>(parts);
  for (const auto& service : face->services()) {
    // Who asks is found out by the face: its accounts are not those of the gate. What changes something is
    // told by its operation.
    router.add("POST", std::string(service.path), {everybody, false, false}, "SOAP",
               [face, &service](Request request) { return face->serve(service, std::move(request)); });
  }
  router.add("GET", std::string(onvif_snapshot_path) + "{profile}", {everybody, false, false},
             "A JPEG picture of a media profile",
             [face](Request request) { return face->snapshot(std::move(request)); });
}

}  // namespace watchrig::api
