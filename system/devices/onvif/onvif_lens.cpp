#include "system/devices/onvif/onvif_lens.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/devices/onvif/encoder_options.hpp"

namespace watchrig::devices {

using base::Error;
using base::ErrorKind;
using base::Result;
using protocols::add;
using protocols::child;
using protocols::node_at;
using protocols::text_at;

namespace {

Error no_focus() { return {ErrorKind::unsupported, "the camera's focus cannot be moved so"}; }

std::optional<NumberRange<double>> range_at(pugi::xml_node node, std::string_view path) {
  const auto found = node_at(node, path);
  const auto least = number_of(text_at(found, "Min")), most = number_of(text_at(found, "Max"));
  if (!least || !most || !(*least < *most)) return std::nullopt;
  return NumberRange<double>{*least, *most};
}

}  // namespace

PtzHead::Answer<std::shared_ptr<OnvifLens::Ready>> OnvifLens::ready() {
  if (ready_) co_return ready_;
  OnvifClient client(clock_, device_);
  auto imaging = co_await OnvifImaging::find(client, channel_);
  if (!imaging) co_return imaging.error();
  Ready found{client, *std::move(imaging), {}, {}, Ability::no};
  if (!found.imaging.path.empty()) {
    const Fill about = [source = found.imaging.source](pugi::xml_node request) {
      add(request, "timg:VideoSourceToken", source);
    };
    const auto moves = co_await client.ask(found.imaging.path, "timg:GetMoveOptions", about);
    if (!moves && moves.error().kind != ErrorKind::unsupported) co_return moves.error();
    if (moves) {
      const auto options = child(moves->content(), "MoveOptions");
      found.speeds = range_at(options, "Continuous/Speed");
      found.distances = range_at(options, "Relative/Distance");
    }
    const auto options = co_await client.ask(found.imaging.path, "timg:GetOptions", about);
    if (!options && options.error().kind != ErrorKind::unsupported) co_return options.error();
    if (options && range_at(options->content(), "ImagingOptions/Exposure/Iris")) found.iris = Ability::yes;
  }
  ready_ = std::make_shared<Ready>(std::move(found));
  co_return ready_;
}

PtzHead::Answer<> OnvifLens::add_abilities(PtzAbilities& can) {
  const auto known = co_await ready();
  if (!known) co_return known.error();
  can.focus = (*known)->speeds || (*known)->distances ? Ability::yes : Ability::no;
  can.iris = (*known)->iris;
  co_return Result<>();
}

PtzHead::Answer<protocols::SoapMessage> OnvifLens::ask(std::string operation, Fill fill) {
  const auto known = co_await ready();
  if (!known) co_return known.error();
  const auto imaging = (*known)->imaging;
  OnvifClient client = (*known)->client;
  // Named, because GCC 12 destroys temporaries of a co_await twice.
  const Fill whole = [imaging, fill](pugi::xml_node request) {
    add(request, "timg:VideoSourceToken", imaging.source);
    if (fill) fill(request);
  };
  const std::string full_name = "timg:" + operation;
  auto answer = co_await client.ask(imaging.path, full_name, whole);
  // A device that came back may have its services elsewhere, and another clock.
  if (!answer) ready_.reset();
  co_return answer;
}

PtzHead::Answer<> OnvifLens::move(const char* kind, const char* element, double value) {
  const Fill fill = [=](pugi::xml_node request) {
    add(add(add(request, "timg:Focus"), kind), element, fmt::format("{:.6g}", value));
  };
  const auto answer = co_await ask("Move", fill);
  if (!answer) co_return answer.error();
  co_return Result<>();
}

PtzHead::Answer<> OnvifLens::run_focus(double velocity) {
  const auto known = co_await ready();
  if (!known) co_return known.error();
  const auto speeds = (*known)->speeds;
  if (!speeds) co_return no_focus();
  // Before the device is asked: the answer may be lost, and the movement not.
  focus_runs_ = true;
  co_return co_await move("tt:Continuous", "tt:Speed",
                          velocity < 0 ? -velocity * speeds->min : velocity * speeds->max);
}

PtzHead::Answer<> OnvifLens::stop_focus() {
  if (!focus_runs_) co_return Result<>();
  const auto answer = co_await ask("Stop", {});
  // One that cannot be stopped runs to its end, and is to hold up nothing else.
  const bool cannot = !answer && answer.error().kind == ErrorKind::unsupported;
  if (!answer && !cannot) co_return answer.error();
  focus_runs_ = false;
  co_return Result<>();
}

PtzHead::Answer<> OnvifLens::step_focus(double way) {
  const auto known = co_await ready();
  if (!known) co_return known.error();
  const auto distances = (*known)->distances;
  if (!distances) co_return no_focus();
  co_return co_await move("tt:Relative", "tt:Distance",
                          way < 0 ? -way * distances->min : way * distances->max);
}

PtzHead::Answer<> OnvifLens::step_iris(double part) {
  const auto known = co_await ready();
  if (!known) co_return known.error();
  if ((*known)->iris != Ability::yes)
    co_return Error{ErrorKind::unsupported, "the camera's iris cannot be moved"};
  auto settings = co_await ask("GetImagingSettings", {});
  if (!settings) co_return settings.error();
  const auto options = co_await ask("GetOptions", {});
  if (!options) co_return options.error();
  const auto now = child(settings->content(), "ImagingSettings");
  const auto range = range_at(options->content(), "ImagingOptions/Exposure/Iris");
  if (!range) co_return Error{ErrorKind::unsupported, "the camera's iris cannot be moved"};
  // In dB by which it dims; 0 is fully open.
  const double before = number_of(text_at(now, "Exposure/Iris")).value_or((range->min + range->max) / 2);
  const double wanted = std::clamp(before - part * (range->max - range->min), range->min, range->max);
  const PictureWishes wishes{{"exposure", {{}, "MANUAL"}}, {"iris", {wanted, {}}}};
  const Fill fill = [now, &wishes](pugi::xml_node request) {
    write_picture_wishes(protocols::add_copy(request, "timg:ImagingSettings", now), wishes);
  };
  const auto set = co_await ask("SetImagingSettings", fill);
  if (!set) co_return set.error();
  co_return Result<>();
}

}  // namespace watchrig::devices
