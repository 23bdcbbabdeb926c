#include "system/devices/onvif/onvif_encoder.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"
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

std::optional<double> number_of(std::string_view text) {
  const auto number = base::parse_number<double>(text);
  return number && std::isfinite(*number) && std::abs(*number) < 1e9 ? number : std::nullopt;
}

template <class Number>
std::optional<NumberRange<Number>> range_at(pugi::xml_node node, const char* name) {
  const auto range = child(node, name);
  const auto min = number_of(text_at(range, "Min")), max = number_of(text_at(range, "Max"));
  if (!min || !max || *min > *max) return std::nullopt;
  return NumberRange<Number>{static_cast<Number>(*min), static_cast<Number>(*max)};
}

std::optional<Codec> codec_of(std::string_view encoding) {
  if (encoding == "H264") return Codec::h264;
  if (encoding == "H265") return Codec::h265;
  if (encoding == "JPEG") return Codec::mjpeg;
  return std::nullopt;
}

const char* encoding_of(Codec codec) {
  return codec == Codec::h265 ? "H265" : codec == Codec::mjpeg ? "JPEG" : "H264";
}

std::vector<double> numbers_of(std::string_view list) {
  std::vector<double> numbers;
  for (const auto word : base::split(list, ' ')) {
    if (const auto number = number_of(word)) numbers.push_back(*number);
  }
  return numbers;
}

std::vector<PictureSize> sizes_of(pugi::xml_node options) {
  std::vector<PictureSize> sizes;
  for (const auto& node : protocols::children(options, "ResolutionsAvailable")) {
    const PictureSize size{base::parse_number<int>(text_at(node, "Width")).value_or(0),
                           base::parse_number<int>(text_at(node, "Height")).value_or(0)};
    if (size.width > 0 && size.height > 0) sizes.push_back(size);
  }
  return sizes;
}

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

EncoderState read_options2(pugi::xml_node answer, EncoderSettings settings) {
  EncoderState state{std::move(settings), {}};
  for (const auto& node : protocols::children(answer, "Options")) {
    const auto codec = codec_of(text_at(node, "Encoding"));
    if (!codec || state.options_of(*codec)) continue;
    CodecOptions options;
    options.codec = *codec;
    options.sizes = sizes_of(node);
    options.rates = numbers_of(node.attribute("FrameRatesSupported").value());
    options.bitrate_kbps = range_at<int>(node, "BitrateRange");
    // The names are a minimum and a maximum, whatever stands between them.
    if (const auto gop = numbers_of(node.attribute("GovLengthRange").value()); !gop.empty()) {
      const auto [min, max] = std::ranges::minmax(gop);
      options.gop = NumberRange<int>{static_cast<int>(min), static_cast<int>(max)};
    }
    const std::string_view constant = node.attribute("ConstantBitRateSupported").value();
    if (!constant.empty()) options.constant = constant == "true" || constant == "1";
    state.options.push_back(std::move(options));
    if (const auto quality = range_at<double>(node, "QualityRange")) state.quality = *quality;
  }
  return state;
}

EncoderState read_options1(pugi::xml_node answer, EncoderSettings settings) {
  EncoderState state{std::move(settings), {}};
  const auto all = child(answer, "Options");
  for (const auto codec : {Codec::h264, Codec::mjpeg}) {
    const char* name = codec == Codec::h264 ? "H264" : "JPEG";
    const auto node = child(all, name);
    if (!node) continue;
    CodecOptions options;
    options.codec = codec;
    options.sizes = sizes_of(node);
    options.rate_range = range_at<double>(node, "FrameRateRange");
    options.gop = range_at<int>(node, "GovLengthRange");
    options.bitrate_kbps = range_at<int>(child(child(all, "Extension"), name), "BitrateRange");
    options.constant = false;
    state.options.push_back(std::move(options));
  }
  if (const auto quality = range_at<double>(all, "QualityRange")) state.quality = *quality;
  return state;
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
  /// Main and sub are told apart by their sizes.
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
  const auto clock = co_await client_.take_clock();
  if (!clock) co_return clock.error();
  const auto services = co_await OnvifServices::find(client_);
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
  co_return media_.newer() ? read_options2(options->content(), *settings)
                           : read_options1(options->content(), *settings);
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
                        "the main stream must stay larger than the sub stream, by which they are told apart"};
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
