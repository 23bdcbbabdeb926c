#include "system/devices/onvif/onvif_replay.hpp"

#include "system/devices/onvif/onvif_recordings.hpp"
#include "system/devices/onvif/onvif_services.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using protocols::add;
using protocols::text_at;

namespace {

class OnvifReplayLocator final : public StreamLocator {
 public:
  OnvifReplayLocator(const base::Clock& clock, OnvifClient::Options options, OnvifStreamChoice choice)
      : client_(clock, std::move(options)), choice_(std::move(choice)) {}

  asio::awaitable<base::Result<std::string>> locate() override;

 private:
  OnvifClient client_;
  const OnvifStreamChoice choice_;
};

asio::awaitable<base::Result<std::string>> OnvifReplayLocator::locate() {
  const auto services = co_await OnvifServices::meet(client_);
  if (!services) co_return services.error();
  if (!services->has("trc") || !services->has("trp")) {
    co_return Error{ErrorKind::unsupported, client_.address().host + ": the device keeps no recordings"};
  }
  const ChannelPlace place{choice_.channel};
  const auto token = co_await recording_of_channel(client_, *services, place);
  if (!token) co_return token.error();
  const OnvifClient::Fill fill = [&](pugi::xml_node node) {
    auto setup = add(node, "trp:StreamSetup");
    add(setup, "tt:Stream", "RTP-Unicast");
    add(add(setup, "tt:Transport"), "tt:Protocol",
        choice_.transport == media::RtspClient::Transport::http ? "HTTP" : "RTSP");
    add(node, "trp:RecordingToken", *token);
  };
  const auto answer = co_await client_.ask(services->path("trp"), "trp:GetReplayUri", fill);
  if (!answer) co_return answer.error();
  co_return reachable_stream(text_at(answer->content(), "Uri"), client_.address().host, choice_.transport);
}

}  // namespace

std::unique_ptr<StreamLocator> make_onvif_replay_locator(const base::Clock& clock,
                                                         OnvifClient::Options options,
                                                         OnvifStreamChoice choice) {
  return std::make_unique<OnvifReplayLocator>(clock, std::move(options), std::move(choice));
}

}  // namespace watchrig::devices
