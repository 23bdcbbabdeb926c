#include "system/devices/onvif/onvif_encoder.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/devices/onvif/encoder_options.hpp"
#include "system/devices/onvif/onvif_media.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using media::Codec;
using protocols::add;
using protocols::child;
using protocols::text_at;

namespace {

/// What both versions of the service tell alike. Errors: unsupported (a codec that we do not know).
base::Result<EncoderSettings> read_common(pugi::xml_node node) {
  const auto encoding = text_at(node, "Encoding");
  const auto codec = codec_of(encoding);
  if (!codec) {
    return Error{ErrorKind::unsupported,
                 fmt::format("the device codes by \"{}\", which is unknown", encoding)};
  }
  EncoderSettings settings;
  settings.codec = *codec;
  settings.size = {base::parse_number<int>(text_at(node, "Resolution/Width")).value_or(0),
                   base::parse_number<int>(text_at(node, "Resolution/Height")).value_or(0)};
  settings.quality = number_of(text_at(node, "Quality")).value_or(0);
  settings.fps = number_of(text_at(node, "RateControl/FrameRateLimit")).value_or(0);
  settings.bitrate_kbps = static_cast<int>(number_of(text_at(node, "RateControl/BitrateLimit")).value_or(0));
  return settings;
}

/// One conversation with a device about one of its encoders.
class Talk {
 public:
  Talk(const base::Clock& clock, OnvifClient::Options device, OnvifStreamChoice choice)
      : client_(clock, std::move(device)), choice_(std::move(choice)) {}

  /// Finds the encoder.
  asio::awaitable<base::Result<>> begin();
  asio::awaitable<base::Result<EncoderState>> read();
  asio::awaitable<base::Result<>> set(EncoderSettings wanted);
  /// The main stream is known by its size.
  std::optional<EncoderRefusal> places_refusal(const PictureSize& size) const;

 private:
  asio::awaitable<base::Result<pugi::xml_node>> configuration();
  /// Writes the wanted settings into the device's own configuration, so that what we do not know stays.
  void write(pugi::xml_node node, const EncoderSettings& wanted) const;

  OnvifClient client_;
  const OnvifStreamChoice choice_;
  OnvifMedia media_;
  OnvifProfile profile_;
  std::optional<protocols::SoapMessage> told_;  ///< keeps the node of configuration()
};

asio::awaitable<base::Result<>> Talk::begin() {
  const auto services = co_await OnvifServices::meet(client_);
  if (!services) co_return services.error();
  auto media = co_await OnvifMedia::find(client_, *services);
  if (!media) co_return media.error();
  media_ = *std::move(media);
  auto chosen = choose_profile(media_.profiles, choice_.channel, choice_.stream, client_.address().profile);
  if (!chosen) co_return chosen.error();
  profile_ = *std::move(chosen);
  if (profile_.encoder.empty()) {
    co_return Error{ErrorKind::unsupported, "the device does not name the encoder of the stream"};
  }
  co_return base::Result<>();
}

asio::awaitable<base::Result<pugi::xml_node>> Talk::configuration() {
  const bool newer = media_.newer();
  auto answer = co_await client_.ask(
      media_.path, media_.operation(newer ? "GetVideoEncoderConfigurations" : "GetVideoEncoderConfiguration"),
      [this](pugi::xml_node node) { add(node, media_.operation("ConfigurationToken"), profile_.encoder); });
  if (!answer) co_return answer.error();
  told_ = *std::move(answer);
  for (const auto& node : protocols::children(told_->content(), newer ? "Configurations" : "Configuration")) {
    if (node.attribute("token").value() == profile_.encoder) co_return node;
  }
  co_return Error{ErrorKind::unavailable,
                  fmt::format("the device does not tell of its encoder \"{}\"", profile_.encoder)};
}

asio::awaitable<base::Result<EncoderState>> Talk::read() {
  const auto found = co_await configuration();
  if (!found) co_return found.error();
  const auto node = *found;
  auto settings = read_common(node);
  if (!settings) co_return settings.error();
  if (settings->codec != Codec::mjpeg) {
    const auto text =
        media_.newer() ? std::string(node.attribute("GovLength").value()) : text_at(node, "H264/GovLength");
    settings->gop = base::parse_number<int>(text);
  }
  const std::string_view constant = child(node, "RateControl").attribute("ConstantBitRate").value();
  settings->variable = constant == "false" || constant == "0";
  const auto options = co_await client_.ask(
      media_.path, media_.operation("GetVideoEncoderConfigurationOptions"), [this](pugi::xml_node request) {
        add(request, media_.operation("ConfigurationToken"), profile_.encoder);
        add(request, media_.operation("ProfileToken"), profile_.token);
      });
  if (!options) co_return options.error();
  co_return media_.newer() ? read_encoder_options2(options->content(), *settings)
                           : read_encoder_options1(options->content(), *settings);
}

void put(pugi::xml_node parent, const char* name, const std::string& text) {
  if (auto node = child(parent, name)) node.text().set(text.c_str());
}

void put_attribute(pugi::xml_node node, const char* name, const std::string& text) {
  auto attribute = node.attribute(name);
  if (!attribute) attribute = node.append_attribute(name);
  attribute.set_value(text.c_str());
}

void Talk::write(pugi::xml_node node, const EncoderSettings& wanted) const {
  const bool newer = media_.newer();
  const auto before = codec_of(text_at(node, "Encoding"));
  put(node, "Encoding", encoding_of(wanted.codec));
  put(child(node, "Resolution"), "Width", std::to_string(wanted.size.width));
  put(child(node, "Resolution"), "Height", std::to_string(wanted.size.height));
  put(node, "Quality", fmt::format("{:g}", wanted.quality));
  if (auto control = child(node, "RateControl")) {
    put(control, "FrameRateLimit",
        newer ? fmt::format("{:g}", wanted.fps) : fmt::format("{:.0f}", wanted.fps));
    put(control, "BitrateLimit", std::to_string(wanted.bitrate_kbps));
    if (newer) put_attribute(control, "ConstantBitRate", wanted.variable ? "false" : "true");
  }
  if (newer) {
    if (wanted.gop) put_attribute(node, "GovLength", std::to_string(*wanted.gop));
    // A profile of another codec, which the device would refuse; without one it takes its own.
    if (before != wanted.codec) node.remove_attribute("Profile");
    return;
  }
  auto h264 = child(node, "H264");
  if (wanted.codec == Codec::mjpeg && h264) node.remove_child(h264);
  if (wanted.codec != Codec::h264) return;
  if (!h264) {
    const auto after = child(node, "Multicast");
    h264 = after ? node.insert_child_before("tt:H264", after) : add(node, "tt:H264");
    add(h264, "tt:GovLength", "1");
    add(h264, "tt:H264Profile", "Main");
  }
  if (wanted.gop) put(h264, "GovLength", std::to_string(*wanted.gop));
}

asio::awaitable<base::Result<>> Talk::set(EncoderSettings wanted) {
  const auto found = co_await configuration();
  if (!found) co_return found.error();
  const auto node = *found;
  const auto answer = co_await client_.ask(
      media_.path, media_.operation("SetVideoEncoderConfiguration"),
      [this, node, &wanted](pugi::xml_node request) {
        write(protocols::add_copy(request, media_.operation("Configuration"), node), wanted);
        if (!media_.newer()) add(request, "trt:ForcePersistence", "true");
      });
  if (!answer) co_return answer.error();
  co_return base::Result<>();
}

std::optional<EncoderRefusal> Talk::places_refusal(const PictureSize& size) const {
  if (!client_.address().profile.empty()) return {};
  auto after = media_.profiles;
  for (auto& profile : after) {
    if (profile.encoder != profile_.encoder) continue;
    profile.width = size.width;
    profile.height = size.height;
  }
  const auto chosen = choose_profile(after, choice_.channel, choice_.stream, {});
  if (chosen && chosen->token == profile_.token) return {};
  return EncoderRefusal{"size",
                        "the main stream must stay larger than the sub streams, by which it is known"};
}

}  // namespace

asio::awaitable<base::Result<EncoderState>> read_encoder(const base::Clock& clock,
                                                         OnvifClient::Options device,
                                                         OnvifStreamChoice choice) {
  Talk talk(clock, std::move(device), std::move(choice));
  const auto begun = co_await talk.begin();
  if (!begun) co_return begun.error();
  co_return co_await talk.read();
}

asio::awaitable<base::Result<EncoderChange>> change_encoder(
    const base::Clock& clock, OnvifClient::Options device, OnvifStreamChoice choice,
    std::function<std::optional<EncoderRefusal>(EncoderState&)> change) {
  Talk talk(clock, std::move(device), std::move(choice));
  const auto begun = co_await talk.begin();
  if (!begun) co_return begun.error();
  auto before = co_await talk.read();
  if (!before) co_return before.error();
  EncoderState wanted = *before;
  auto refusal = change(wanted);
  if (!refusal) refusal = refusal_of(wanted.settings, *before);
  if (!refusal) refusal = talk.places_refusal(wanted.settings.size);
  EncoderChange result{*before, refusal};
  if (refusal || wanted.settings == before->settings) co_return result;
  const auto set = co_await talk.set(wanted.settings);
  if (!set) co_return set.error();
  auto after = co_await talk.read();
  if (!after) co_return after.error();
  result.state = *std::move(after);
  co_return result;
}

}  // namespace watchrig::devices
