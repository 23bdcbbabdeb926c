// Talking to devices that have a loudspeaker (H.626.4, 6.1.8).
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/api/talk_format.hpp"
#include "system/api/talk_socket.hpp"
#include "system/base/spawn.hpp"
#include "system/devices/ability.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using http::Request;
using http::Response;

namespace {

using Desk = std::shared_ptr<TalkDesk>;
using Codings = std::vector<media::Codec>;

asio::awaitable<Result<Codings>> ask_device(ServerParts& parts, Request request) {
  const auto channel = request.param("channel"), name = trace_name(request);
  auto options = co_await talk_contact(parts, channel, name);
  if (!options) co_return options.error();
  const auto executor = co_await asio::this_coro::executor;
  media::RtspTalk talk(executor, parts.clock, *std::move(options));
  auto codings = co_await talk.ask();
  co_return codings;
}

json::value talker_json(const std::optional<TalkDesk::Talker>& talker) {
  if (!talker) return nullptr;
  return json::object{{"account", talker->account}, {"since", base::format_utc(talker->since, 3)}};
}

asio::awaitable<Response> show(ServerParts& parts, Desk desk, Request request) {
  const auto codings = co_await ask_device(parts, request);
  auto ability = codings ? devices::Ability::yes : devices::Ability::unknown;
  if (!codings && codings.error().kind == ErrorKind::unsupported) ability = devices::Ability::no;
  json::array encodings;
  for (const auto law : codings ? *codings : Codings())
    encodings.emplace_back(law == media::Codec::pcma ? "pcma" : "pcmu");
  json::object shown{{"supported", devices::to_string(ability)},
                     {"encodings", std::move(encodings)},
                     {"talker", talker_json(desk->talker(request.param("channel")))}};
  if (!codings) shown["reason"] = codings.error().message;
  co_return http::json_response(200, shown);
}

asio::awaitable<void> play_on(ChannelTalk::Ptr talk, base::Bytes speech) {
  const auto said = co_await talk->say(std::move(speech));
  std::string reason = "done";
  if (!said) reason = talk->stopped_by().empty() ? said.error().message : "stopped";
  co_await talk->end(std::move(reason));
}

asio::awaitable<Response> play(ServerParts& parts, Desk desk, Request request) {
  BodyFields fields(request);
  const auto voice = fields.text("voice_file");
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  auto content = std::make_shared<Result<std::string>>(Error{});
  WorkPool::Work work = [&parts, voice, content] {
    *content = parts.central.voices().content(voice);
    return *content ? http::no_content() : http::error_response(content->error(), "voice_file");
  };
  auto read = co_await parts.workers.run(request.account, std::move(work));
  if (read.status >= 300) co_return read;
  ChannelTalk::Wish wish;
  wish.about = {{"voice", voice}};
  wish.goes_on = while_allowed(parts, request, central::Authority::outputs);
  const auto begun = co_await ChannelTalk::begin(parts, std::move(desk), request, std::move(wish));
  if (!begun) co_return http::error_response(talk_refusal(begun.error()));
  const ChannelTalk::Ptr& talk = *begun;
  auto speech = spoken({}, **content, talk->coding());
  const auto duration = speech.size() * 1000 / media::RtspTalk::sample_rate;
  const auto executor = co_await asio::this_coro::executor;
  base::spawn(executor, play_on(talk, std::move(speech)), "voice file");
  co_return http::json_response(202, json::object{{"voice_file", voice}, {"duration_ms", duration}});
}

Response stop(TalkDesk& desk, const Request& request) {
  if (desk.stop(request.param("channel"), request.account)) return http::no_content();
  return http::error_response({ErrorKind::not_found, "nobody talks there"});
}

}  // namespace

void add_talk_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"outputs"};
  const std::string path = "/api/v1/channels/{channel}/talk";
  const auto desk = std::make_shared<TalkDesk>();
  router.add("GET", path, guard, "Whether the device can be talked to, as it says now, and who talks",
             [&parts, desk](Request request) { return show(parts, desk, std::move(request)); });
  router.add_socket(
      path, guard,
      "Talks: a message of JSON ({\"encoding\":\"pcmu\", \"pcma\" or \"pcm16\"}), then messages "
      "of samples (8000 a second), an empty one at the end",
      [&parts, desk](Request request, http::WebSocket socket) {
        return talk_by_socket(parts, desk, std::move(request), std::move(socket));
      });
  router.add("POST", path, guard,
             "Plays a voice file to the device, as samples of 16 bits, low byte first, 8000 a second",
             [&parts, desk](Request request) { return play(parts, desk, std::move(request)); });
  router.add_plain("DELETE", path, guard, "Ends the talk or voice file under way, whoever began it",
                   [desk](const Request& request) { return stop(*desk, request); });
}

}  // namespace watchrig::api
