#include "system/devices/onvif/onvif_imaging.hpp"

#include <fmt/format.h>

#include "system/devices/onvif/encoder_options.hpp"
#include "system/devices/onvif/onvif_media.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using protocols::add;
using protocols::child;

asio::awaitable<base::Result<OnvifImaging>> OnvifImaging::find(OnvifClient& client, std::uint32_t channel) {
  const auto services = co_await OnvifServices::meet(client);
  if (!services) co_return services.error();
  OnvifImaging found;
  if (!services->has("timg")) co_return found;
  const auto media = co_await OnvifMedia::find(client, *services);
  if (!media) co_return media.error();
  const auto main = choose_profile(media->profiles, channel, "main", client.address().profile);
  if (!main) co_return main.error();
  found.path = services->path("timg");
  found.source = main->source;
  co_return found;
}

namespace {

/// One conversation with a device about how it makes its pictures.
class Talk {
 public:
  Talk(const base::Clock& clock, OnvifClient::Options device) : client_(clock, std::move(device)) {}

  asio::awaitable<base::Result<PictureState>> begin(std::uint32_t channel);
  asio::awaitable<base::Result<PictureState>> read();
  asio::awaitable<base::Result<>> set(PictureWishes wishes);

 private:
  OnvifClient client_;
  OnvifImaging imaging_;
  std::optional<protocols::SoapMessage> told_;  ///< the settings as they came
};

asio::awaitable<base::Result<PictureState>> Talk::begin(std::uint32_t channel) {
  auto found = co_await OnvifImaging::find(client_, channel);
  if (!found) co_return found.error();
  imaging_ = *std::move(found);
  co_return co_await read();
}

asio::awaitable<base::Result<PictureState>> Talk::read() {
  PictureState none;
  none.ability = Ability::no;
  if (imaging_.path.empty()) co_return none;
  const OnvifClient::Fill about = [this](pugi::xml_node request) {
    add(request, "timg:VideoSourceToken", imaging_.source);
  };
  auto settings = co_await client_.ask(imaging_.path, "timg:GetImagingSettings", about);
  if (!settings && settings.error().kind == ErrorKind::unsupported) co_return none;
  if (!settings) co_return settings.error();
  told_ = *std::move(settings);
  const auto options = co_await client_.ask(imaging_.path, "timg:GetOptions", about);
  if (!options && options.error().kind != ErrorKind::unsupported) co_return options.error();
  co_return read_picture_state(child(told_->content(), "ImagingSettings"),
                               options ? child(options->content(), "ImagingOptions") : pugi::xml_node());
}

asio::awaitable<base::Result<>> Talk::set(PictureWishes wishes) {
  const OnvifClient::Fill whole = [this, &wishes](pugi::xml_node request) {
    add(request, "timg:VideoSourceToken", imaging_.source);
    write_picture_wishes(
        protocols::add_copy(request, "timg:ImagingSettings", child(told_->content(), "ImagingSettings")),
        wishes);
    add(request, "timg:ForcePersistence", "true");
  };
  const auto answer = co_await client_.ask(imaging_.path, "timg:SetImagingSettings", whole);
  if (!answer) co_return answer.error();
  co_return base::Result<>();
}

}  // namespace

asio::awaitable<base::Result<PictureState>> read_picture(const base::Clock& clock,
                                                         OnvifClient::Options device, std::uint32_t channel) {
  Talk talk(clock, std::move(device));
  co_return co_await talk.begin(channel);
}

asio::awaitable<base::Result<PictureChange>> change_picture(const base::Clock& clock,
                                                            OnvifClient::Options device,
                                                            std::uint32_t channel, PictureWishes wishes) {
  Talk talk(clock, std::move(device));
  auto before = co_await talk.begin(channel);
  if (!before) co_return before.error();
  if (before->ability == Ability::no)
    co_return Error{ErrorKind::unsupported, "the device's pictures cannot be set"};
  PictureChange result{*before, refusal_of(wishes, *before), *before};
  if (result.refusal || wishes.empty()) co_return result;
  const auto set = co_await talk.set(wishes);
  if (!set) co_return set.error();
  auto after = co_await talk.read();
  if (!after) co_return after.error();
  result.state = *std::move(after);
  co_return result;
}

}  // namespace watchrig::devices
