// How the devices code their streams (IVSS 8.2.2.2.3).
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <mutex>
#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/devices/onvif/onvif_encoder.hpp"

namespace watchrig::api {

namespace json = boost::json;
using devices::CodecOptions;
using devices::EncoderRefusal;
using devices::EncoderState;
using http::Request;
using http::Response;
using media::Codec;

namespace {

constexpr std::array codecs{Codec::h264, Codec::h265, Codec::mjpeg};

/// Three steps of a device's own scale of quality.
struct Step {
  const char* name;
  double place;  ///< on the scale, 0 to 1
};
constexpr std::array steps{Step{"low", 0.2}, Step{"middle", 0.5}, Step{"high", 0.8}};

const char* step_of(double quality, const devices::NumberRange<double>& scale) {
  const double width = scale.max - scale.min;
  const double place = width > 0 ? (quality - scale.min) / width : 0.5;
  return place < 0.35 ? "low" : place < 0.65 ? "middle" : "high";
}

/// Twice the frame rate is what the manual recommends.
int recommended_gop(double fps) { return std::max(1, static_cast<int>(std::lround(2 * fps))); }

template <class Number>
json::object range_json(const devices::NumberRange<Number>& range) {
  return {{"min", range.min}, {"max", range.max}};
}

json::object options_json(const CodecOptions& options) {
  json::array sizes;
  for (const auto& size : options.sizes) sizes.push_back({{"width", size.width}, {"height", size.height}});
  json::object object{{"codec", media::to_string(options.codec)}, {"sizes", std::move(sizes)}};
  if (!options.rates.empty()) object["fps"] = json::array(options.rates.begin(), options.rates.end());
  if (options.rate_range) object["fps_range"] = range_json(*options.rate_range);
  if (options.gop) object["gop"] = range_json(*options.gop);
  if (options.bitrate_kbps) object["bitrate_kbps"] = range_json(*options.bitrate_kbps);
  object["rate_modes"] = options.constant == true ? json::array{"cbr", "vbr"} : json::array{};
  return object;
}

json::object settings_json(const EncoderState& state) {
  const auto& settings = state.settings;
  json::object object{{"codec", media::to_string(settings.codec)},
                      {"width", settings.size.width},
                      {"height", settings.size.height},
                      {"fps", settings.fps},
                      {"rate_mode", settings.variable ? "vbr" : "cbr"},
                      {"quality", step_of(settings.quality, state.quality)},
                      {"bitrate_kbps", settings.bitrate_kbps}};
  if (settings.gop) {
    object["gop"] = *settings.gop;
    object["recommended_gop"] = recommended_gop(settings.fps);
  }
  return object;
}

json::object state_json(const EncoderState& state) {
  auto object = settings_json(state);
  json::array options;
  for (const auto& one : state.options) options.push_back(options_json(one));
  object["options"] = std::move(options);
  object["unusable"] = json::array(state.unusable.begin(), state.unusable.end());
  return object;
}

/// What a request wants of an encoder; the rest stays.
struct Wishes {
  json::object fields;
  std::optional<Codec> codec;
  std::optional<bool> variable;
  std::optional<double> quality;  ///< place on the device's scale
  double fps = 0;                 ///< 0: as it is, like the following
  std::int64_t width = 0, height = 0, bitrate_kbps = 0, gop = 0;
};

central::FieldResult<Wishes> wishes_of(const Request& request, double highest_fps) {
  constexpr int most = 1'000'000;
  BodyFields fields(request);
  Wishes wishes;
  wishes.fields = fields.body();
  const auto wanted = [&](const char* name) { return fields.body().contains(name); };
  if (const auto text = fields.text("codec", ""); wanted("codec")) {
    const auto known = std::ranges::find(codecs, text, media::to_string);
    if (known == codecs.end()) fields.refuse("codec", "must be H.264, H.265 or MJPEG");
    wishes.codec = known == codecs.end() ? codecs[0] : *known;
  }
  if (const auto text = fields.text("rate_mode", ""); wanted("rate_mode")) {
    if (text != "cbr" && text != "vbr") fields.refuse("rate_mode", "must be cbr or vbr");
    wishes.variable = text == "vbr";
  }
  if (const auto text = fields.text("quality", ""); wanted("quality")) {
    const auto step = std::ranges::find(steps, text, &Step::name);
    if (step == steps.end()) fields.refuse("quality", "must be low, middle or high");
    wishes.quality = step == steps.end() ? 0 : step->place;
  }
  wishes.fps = fields.real("fps", 0);
  if (wanted("fps") && !(wishes.fps > 0 && wishes.fps <= highest_fps)) {
    fields.refuse("fps", fmt::format("must be more than 0 and at most {:g}, as the video standard of the "
                                     "settings \"system\" has it",
                                     highest_fps));
  }
  for (const auto& [name, member] : {std::pair{"width", &Wishes::width},
                                     {"height", &Wishes::height},
                                     {"bitrate_kbps", &Wishes::bitrate_kbps},
                                     {"gop", &Wishes::gop}}) {
    if (wanted(name)) wishes.*member = fields.number(name, 1, most);
    fields.known(name);
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return wishes;
}

/// For change_encoder.
std::optional<EncoderRefusal> apply(const Wishes& wishes, EncoderState& state) {
  auto& settings = state.settings;
  if (wishes.codec) settings.codec = *wishes.codec;
  if (wishes.variable) settings.variable = *wishes.variable;
  if (wishes.quality) {
    settings.quality =
        std::round(state.quality.min + *wishes.quality * (state.quality.max - state.quality.min));
  }
  if (wishes.fps > 0) settings.fps = wishes.fps;
  if (wishes.width > 0) settings.size.width = static_cast<int>(wishes.width);
  if (wishes.height > 0) settings.size.height = static_cast<int>(wishes.height);
  if (wishes.bitrate_kbps > 0) settings.bitrate_kbps = static_cast<int>(wishes.bitrate_kbps);
  if (settings.codec == Codec::mjpeg) {
    if (wishes.gop > 0) return EncoderRefusal{"gop", "every picture of MJPEG is a key picture"};
    settings.gop.reset();
  } else if (wishes.gop > 0) {
    settings.gop = static_cast<int>(wishes.gop);
  } else if (!settings.gop) {
    settings.gop = recommended_gop(settings.fps);
    const auto* options = state.options_of(settings.codec);
    if (options && options->gop)
      settings.gop = std::clamp(*settings.gop, options->gop->min, options->gop->max);
  }
  return std::nullopt;
}

Response refused(const EncoderRefusal& refusal) {
  const std::string field = refusal.member == "size" ? "width" : refusal.member;
  return error_response(
      central::FieldError{field, {base::ErrorKind::invalid, fmt::format("{}: {}", field, refusal.reason)}});
}

struct Asked {
  central::DevicePtr device;
  const central::Channel* channel;
  StreamContact contact;
};

base::Result<Asked> asked_encoder(ServerParts& parts, const Request& request) {
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) return found.error();
  auto contact = stream_contact(parts.central, *found->device, *found->channel, request.param("stream"),
                                trace_name(request));
  if (!contact) return contact.error();
  return Asked{found->device, found->channel, *std::move(contact)};
}

/// Of which devices it was told that their options are absurd.
class ToldDevices {
 public:
  void tell(ServerParts& parts, const central::Device& device, const central::Channel& channel,
            const EncoderState& state) {
    if (state.unusable.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      if (!told_.insert(device.id).second) return;
    }
    central::Event event;
    event.type = "device.quirk";
    event.channel = channel.id;
    event.channel_name = channel.name;
    event.cause = "absurd-encoder-options";
    event.message = fmt::format(
        "device \"{}\": it says that its encoders can do what they cannot, which is not offered: {}",
        device.name, state.unusable.front());
    event.data = {{"device", device.id}, {"quirk", event.cause}};
    parts.central.events().append(std::move(event));
  }

 private:
  std::mutex mutex_;
  std::set<std::string> told_;  ///< by id; as many as there are devices
};

boost::asio::awaitable<Response> show_encoder(ServerParts& parts, std::shared_ptr<ToldDevices> told,
                                              Request request) {
  const auto asked = asked_encoder(parts, request);
  if (!asked) co_return http::error_response(asked.error());
  const auto state = co_await read_encoder(parts.clock, asked->contact.device, asked->contact.choice);
  if (!state) co_return http::error_response(device_failure(state.error()));
  told->tell(parts, *asked->device, *asked->channel, *state);
  co_return http::json_response(200, state_json(*state));
}

/// The wishes that the device has taken otherwise than they were meant.
json::array adapted(const Wishes& wishes, const json::object& now) {
  json::array names;
  for (const auto& [name, wanted] : wishes.fields) {
    const auto* got = now.if_contains(name);
    const bool same = got && (*got == wanted || (got->is_number() && wanted.is_number() &&
                                                 got->to_number<double>() == wanted.to_number<double>()));
    if (!same) names.push_back(json::value(name));
  }
  return names;
}

boost::asio::awaitable<Response> set_encoder(ServerParts& parts, Request request) {
  const bool pal = parts.central.settings().values("system").values.at("standard").as_string() == "pal";
  const auto wishes = wishes_of(request, pal ? 25 : 30);
  if (!wishes) co_return error_response(wishes.error());
  const auto asked = asked_encoder(parts, request);
  if (!asked) co_return http::error_response(asked.error());
  json::object before;
  std::function<std::optional<EncoderRefusal>(EncoderState&)> change = [&](EncoderState& state) {
    before = settings_json(state);
    return apply(*wishes, state);
  };
  const auto result =
      co_await change_encoder(parts.clock, asked->contact.device, asked->contact.choice, std::move(change));
  if (!result) co_return http::error_response(device_failure(result.error()));
  if (result->refusal) co_return refused(*result->refusal);
  auto now = state_json(result->state);
  now["adapted"] = adapted(*wishes, now);
  tell_device_setting(
      parts, "device.encoder-changed", request, *asked->device,
      fmt::format("codes {} of channel \"{}\" otherwise", request.param("stream"), asked->channel->name),
      before, settings_json(result->state));
  co_return http::json_response(200, std::move(now));
}

}  // namespace

void add_encoder_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  constexpr const char* path = "/api/v1/channels/{channel}/encoders/{stream}";
  router.add(
      "GET", path, guard,
      "How the device codes a stream (main, sub or sub2), and what it could do; \"unusable\" is what it only "
      "says",
      [&parts, told = std::make_shared<ToldDevices>()](Request request) {
        return show_encoder(parts, told, std::move(request));
      });
  router.add(
      "PATCH", path, guard,
      "Has the device code a stream otherwise; \"adapted\" names what it has not taken as it was meant",
      [&parts](Request request) { return set_encoder(parts, std::move(request)); });
}

}  // namespace watchrig::api
