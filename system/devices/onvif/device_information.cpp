#include "system/devices/onvif/device_information.hpp"

#include <algorithm>
#include <set>

#include "system/base/text.hpp"
#include "system/devices/onvif/onvif_media.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using protocols::add;
using protocols::text_at;

namespace {

/// Names of abilities, and the services by which devices have them.
constexpr std::pair<const char*, const char*> ability_services[] = {
    {"media2", "tr2"}, {"imaging", "timg"},  {"ptz", "tptz"},   {"events", "tev"}, {"analytics", "tan"},
    {"io", "tmd"},     {"recording", "trc"}, {"search", "tse"}, {"replay", "trp"}};

/// What of a device's texts is kept.
constexpr std::size_t longest_text = 128;

std::string short_text(pugi::xml_node node, std::string_view path) {
  return protocols::one_line(text_at(node, path), longest_text);
}

int count_at(pugi::xml_node node, std::string_view path) {
  const auto count = base::parse_number<int>(text_at(node, path)).value_or(-1);
  return count >= 0 && count <= 65535 ? count : -1;
}

/// One conversation; each part adds to `told`.
class Interview {
 public:
  Interview(const base::Clock& clock, OnvifClient::Options device) : client_(clock, std::move(device)) {}

  asio::awaitable<base::Result<DeviceInformation>> run();

 private:
  asio::awaitable<base::Result<>> identity();
  asio::awaitable<void> network();
  asio::awaitable<void> inputs_and_outputs();
  asio::awaitable<void> streams_and_sound();
  asio::awaitable<Ability> talk();
  asio::awaitable<int> count(std::string path, std::string operation, std::string element);

  OnvifClient client_;
  OnvifServices services_;
  DeviceInformation told_;
};

asio::awaitable<base::Result<DeviceInformation>> Interview::run() {
  const auto clock = co_await client_.take_clock();
  if (!clock) co_return clock.error();
  const auto identity_told = co_await identity();
  if (!identity_told) co_return identity_told.error();
  const auto services = co_await OnvifServices::find(client_);
  if (services) services_ = *services;
  for (const auto& [name, prefix] : ability_services) {
    const auto ability = !services ? Ability::unknown : services_.has(prefix) ? Ability::yes : Ability::no;
    told_.abilities.emplace_back(name, ability);
  }
  co_await network();
  co_await inputs_and_outputs();
  co_await streams_and_sound();
  const auto talks = co_await talk();
  told_.abilities.emplace_back("talk", talks);
  co_return std::move(told_);
}

asio::awaitable<base::Result<>> Interview::identity() {
  const auto answer = co_await client_.ask(client_.address().path, "tds:GetDeviceInformation", {});
  if (!answer) co_return answer.error();
  const auto node = answer->content();
  told_.manufacturer = short_text(node, "Manufacturer");
  told_.model = short_text(node, "Model");
  told_.firmware = short_text(node, "FirmwareVersion");
  told_.serial_number = short_text(node, "SerialNumber");
  told_.hardware = short_text(node, "HardwareId");
  co_return base::Result<>();
}

asio::awaitable<void> Interview::network() {
  const auto cards = co_await client_.ask(client_.address().path, "tds:GetNetworkInterfaces", {});
  if (cards) told_.mac = short_text(cards->content(), "NetworkInterfaces/Info/HwAddress");
  const auto name = co_await client_.ask(client_.address().path, "tds:GetHostname", {});
  if (name) told_.hostname = short_text(name->content(), "HostnameInformation/Name");
}

asio::awaitable<void> Interview::inputs_and_outputs() {
  const auto answer = co_await client_.ask(client_.address().path, "tds:GetCapabilities",
                                           [](pugi::xml_node node) { add(node, "tds:Category", "Device"); });
  if (!answer) co_return;
  const auto io = protocols::node_at(answer->content(), "Capabilities/Device/IO");
  told_.alarm_inputs = count_at(io, "InputConnectors");
  told_.alarm_outputs = count_at(io, "RelayOutputs");
}

asio::awaitable<int> Interview::count(std::string path, std::string operation, std::string element) {
  if (path.empty()) co_return -1;
  const auto answer = co_await client_.ask(std::move(path), std::move(operation), {});
  if (!answer) co_return -1;
  co_return static_cast<int>(protocols::children(answer->content(), element).size());
}

asio::awaitable<void> Interview::streams_and_sound() {
  const auto media = co_await OnvifMedia::find(client_, services_);
  if (media) {
    std::set<std::string> sources;
    for (const auto& profile : media->profiles) {
      sources.insert(profile.source);
      told_.streams.push_back({profile.token, profile.width, profile.height});
    }
    told_.video_inputs = static_cast<int>(sources.size());
  }
  told_.audio_inputs = co_await count(services_.path("trt"), "trt:GetAudioSources", "AudioSources");
  told_.audio_outputs = co_await count(services_.path("trt"), "trt:GetAudioOutputs", "AudioOutputs");
}

/// Whether it decodes what is said to it; who has no such thing need not know the question.
asio::awaitable<Ability> Interview::talk() {
  auto ability = Ability::unknown;
  for (const std::string prefix : {"tr2", "trt"}) {
    const auto path = services_.path(prefix);
    if (path.empty()) continue;
    const auto answer = co_await client_.ask(path, prefix + ":GetAudioDecoderConfigurations", {});
    if (answer)
      co_return protocols::children(answer->content(), "Configurations").empty() ? Ability::no : Ability::yes;
    // One version of the media service may have what the other has not.
    if (answer.error().kind == base::ErrorKind::unsupported) ability = Ability::no;
  }
  co_return ability;
}

}  // namespace

asio::awaitable<base::Result<DeviceInformation>> read_information(const base::Clock& clock,
                                                                  OnvifClient::Options device) {
  Interview interview(clock, std::move(device));
  co_return co_await interview.run();
}

}  // namespace watchrig::devices
