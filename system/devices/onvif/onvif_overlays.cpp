#include "system/devices/onvif/onvif_overlays.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/devices/onvif/onvif_media.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using protocols::add;
using protocols::child;
using protocols::children;
using protocols::text_at;
using Kind = PictureOverlay::Kind;

namespace {

constexpr std::size_t longest_text = 256;

struct Corner {
  const char* name;
  double x, y;  ///< about where a line is there
};
constexpr Corner corners[] = {
    {"UpperLeft", 0, 0}, {"UpperRight", 0.7, 0}, {"LowerLeft", 0, 0.95}, {"LowerRight", 0.7, 0.95}};

/// From ONVIF's -1 to 1, to the right and upwards.
double from_left(double x) { return std::clamp((x + 1) / 2, 0.0, 1.0); }
double from_top(double y) { return std::clamp((1 - y) / 2, 0.0, 1.0); }

PictureOverlay read_overlay(pugi::xml_node node) {
  PictureOverlay overlay;
  overlay.token = node.attribute("token").value();
  const auto string = child(node, "TextString");
  const auto type = text_at(string, "Type");
  overlay.kind = text_at(node, "Type") != "Text" ? Kind::other : type == "Plain" ? Kind::text : Kind::time;
  if (overlay.kind == Kind::text)
    overlay.text = std::string(child(string, "PlainText").text().get()).substr(0, longest_text);
  const auto place = text_at(node, "Position/Type");
  if (const auto* corner = std::ranges::find(corners, place, &Corner::name); corner != std::end(corners)) {
    overlay.x = corner->x;
    overlay.y = corner->y;
    return overlay;
  }
  const auto at = protocols::node_at(node, "Position/Pos");
  const auto part = [&](const char* name) {
    const auto value = base::parse_number<double>(at.attribute(name).value());
    return value && std::isfinite(*value) ? *value : 0.0;
  };
  overlay.x = from_left(part("x"));
  overlay.y = from_top(part("y"));
  return overlay;
}

int limit_at(pugi::xml_node node, const char* name) {
  const auto limit = base::parse_number<int>(node.attribute(name).value()).value_or(-1);
  return limit >= 0 && limit <= 65535 ? limit : -1;
}

void read_options(pugi::xml_node options, OverlayState& state) {
  const auto most = child(options, "MaximumNumberOfOSDs");
  state.most = limit_at(most, "Total");
  state.most_texts = limit_at(most, "PlainText");
  state.most_times = limit_at(most, "DateAndTime");
  for (const auto& option : children(options, "PositionOption")) {
    if (base::trim(option.text().get()) == "Custom") state.anywhere = true;
  }
}

/// One conversation with a device about what it writes into the pictures of one channel.
class Talk {
 public:
  Talk(const base::Clock& clock, OnvifClient::Options device, std::uint32_t channel)
      : client_(clock, std::move(device)), channel_(channel) {}

  asio::awaitable<base::Result<>> begin();
  asio::awaitable<base::Result<OverlayState>> read();
  asio::awaitable<base::Result<>> put(PictureOverlay overlay);
  asio::awaitable<base::Result<>> remove(std::string token);

 private:
  void fill(pugi::xml_node node, const PictureOverlay& overlay) const;

  OnvifClient client_;
  const std::uint32_t channel_;
  OnvifMedia media_;
  std::string configuration_;  ///< of the video source
  bool anywhere_ = false;
  std::string date_format_, time_format_;       ///< the first that the device offers
  std::optional<protocols::SoapMessage> told_;  ///< its overlays as they came
};

asio::awaitable<base::Result<>> Talk::begin() {
  const auto services = co_await OnvifServices::meet(client_);
  if (!services) co_return services.error();
  auto media = co_await OnvifMedia::find(client_, *services);
  if (!media) co_return media.error();
  media_ = *std::move(media);
  const auto main = choose_profile(media_.profiles, channel_, "main", client_.address().profile);
  if (!main) co_return main.error();
  configuration_ = main->source_configuration;
  co_return base::Result<>();
}

asio::awaitable<base::Result<OverlayState>> Talk::read() {
  OverlayState state;
  const auto about = media_.operation("ConfigurationToken");
  const OnvifClient::Fill ours = [this, about](pugi::xml_node request) {
    add(request, about, configuration_);
  };
  const auto options = co_await client_.ask(media_.path, media_.operation("GetOSDOptions"), ours);
  if (!options && options.error().kind == ErrorKind::unsupported) {
    state.ability = Ability::no;
    co_return state;
  }
  if (!options) co_return options.error();
  const auto offered = child(options->content(), "OSDOptions");
  state.ability = Ability::yes;
  read_options(offered, state);
  anywhere_ = state.anywhere;
  date_format_ = text_at(offered, "TextOption/DateFormat");
  time_format_ = text_at(offered, "TextOption/TimeFormat");
  auto answer = co_await client_.ask(media_.path, media_.operation("GetOSDs"), ours);
  if (!answer) co_return answer.error();
  told_ = *std::move(answer);
  for (const auto& node : children(told_->content(), "OSDs")) {
    const auto whose = text_at(node, "VideoSourceConfigurationToken");
    const bool is_ours = whose.empty() || whose == configuration_;
    if (is_ours && state.overlays.size() < OverlayState::most_read)
      state.overlays.push_back(read_overlay(node));
  }
  co_return state;
}

void Talk::fill(pugi::xml_node node, const PictureOverlay& overlay) const {
  node.append_attribute("token") = overlay.token.c_str();
  add(node, "tt:VideoSourceConfigurationToken", configuration_);
  add(node, "tt:Type", "Text");
  auto position = add(node, "tt:Position");
  if (anywhere_) {
    add(position, "tt:Type", "Custom");
    auto at = add(position, "tt:Pos");
    at.append_attribute("x") = fmt::format("{:.4f}", 2 * overlay.x - 1).c_str();
    at.append_attribute("y") = fmt::format("{:.4f}", 1 - 2 * overlay.y).c_str();
  } else {
    const auto* nearest = std::ranges::min_element(corners, {}, [&](const Corner& corner) {
      return std::hypot(corner.x - overlay.x, corner.y - overlay.y);
    });
    add(position, "tt:Type", nearest->name);
  }
  auto text = add(node, "tt:TextString");
  add(text, "tt:Type", overlay.kind == Kind::text ? "Plain" : "DateAndTime");
  if (overlay.kind == Kind::text) {
    add(text, "tt:PlainText", overlay.text);
    return;
  }
  // In the formats in which it had the time before.
  auto date = date_format_, time = time_format_;
  for (const auto& before : children(told_->content(), "OSDs")) {
    if (before.attribute("token").value() != overlay.token) continue;
    if (auto own = text_at(before, "TextString/DateFormat"); !own.empty()) date = own;
    if (auto own = text_at(before, "TextString/TimeFormat"); !own.empty()) time = own;
  }
  if (!date.empty()) add(text, "tt:DateFormat", date);
  if (!time.empty()) add(text, "tt:TimeFormat", time);
}

asio::awaitable<base::Result<>> Talk::put(PictureOverlay overlay) {
  const auto operation = media_.operation(overlay.token.empty() ? "CreateOSD" : "SetOSD");
  const OnvifClient::Fill whole = [this, &overlay](pugi::xml_node request) {
    fill(add(request, media_.operation("OSD")), overlay);
  };
  const auto answer = co_await client_.ask(media_.path, operation, whole);
  if (!answer) co_return answer.error();
  co_return base::Result<>();
}

asio::awaitable<base::Result<>> Talk::remove(std::string token) {
  const OnvifClient::Fill which = [this, token](pugi::xml_node request) {
    add(request, media_.operation("OSDToken"), token);
  };
  const auto answer = co_await client_.ask(media_.path, media_.operation("DeleteOSD"), which);
  if (!answer) co_return answer.error();
  co_return base::Result<>();
}

}  // namespace

asio::awaitable<base::Result<OverlayState>> read_overlays(const base::Clock& clock,
                                                          OnvifClient::Options device,
                                                          std::uint32_t channel) {
  Talk talk(clock, std::move(device), channel);
  const auto begun = co_await talk.begin();
  if (!begun) co_return begun.error();
  co_return co_await talk.read();
}

asio::awaitable<base::Result<OverlayState>> change_overlays(const base::Clock& clock,
                                                            OnvifClient::Options device,
                                                            std::uint32_t channel, OverlayPlan plan) {
  Talk talk(clock, std::move(device), channel);
  const auto begun = co_await talk.begin();
  if (!begun) co_return begun.error();
  const auto before = co_await talk.read();
  if (!before) co_return before.error();
  if (before->ability == Ability::no)
    co_return Error{ErrorKind::unsupported, "the device writes nothing into its pictures"};
  const auto wanted = plan(*before);
  if (!wanted) co_return wanted.error();
  if (const auto refusal = overlay_refusal(*wanted, *before)) co_return Error{ErrorKind::invalid, *refusal};
  // What is gone first: a device has room for so many.
  for (const auto& old : before->overlays) {
    if (std::ranges::find(*wanted, old.token, &PictureOverlay::token) != wanted->end()) continue;
    const auto removed = co_await talk.remove(old.token);
    if (!removed) co_return removed.error();
  }
  for (const auto& overlay : *wanted) {
    const auto known = std::ranges::find(before->overlays, overlay.token, &PictureOverlay::token);
    if (known != before->overlays.end() && known->same_as(overlay)) continue;
    const auto written = co_await talk.put(overlay);
    if (!written) co_return written.error();
  }
  co_return co_await talk.read();
}

}  // namespace watchrig::devices
