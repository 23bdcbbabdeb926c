#pragma once

#include "system/devices/onvif/onvif_client.hpp"
#include "system/devices/picture_settings.hpp"

namespace watchrig::devices {

/// A device's imaging service and the video source that it is asked about. An empty path: it has none.
struct OnvifImaging {
  std::string path;
  std::string source;

  /// Errors: those of OnvifClient::ask, not_found (no such channel).
  static boost::asio::awaitable<base::Result<OnvifImaging>> find(OnvifClient& client, std::uint32_t channel);
};

/// How the device makes the pictures of a channel (ONVIF Imaging 5.1). A device that cannot tell is no error:
/// its ability is `no`. Errors: those of OnvifImaging::find.
boost::asio::awaitable<base::Result<PictureState>> read_picture(const base::Clock& clock,
                                                                OnvifClient::Options device,
                                                                std::uint32_t channel);

struct PictureChange {
  PictureState state;  ///< as the device tells it afterwards, which need not be what was asked
  std::optional<PictureRefusal> refusal = {};  ///< then nothing has changed
  PictureState before = {};
};
/// Has the device make them otherwise; what is not wished stays. Error beside those: unsupported.
boost::asio::awaitable<base::Result<PictureChange>> change_picture(const base::Clock& clock,
                                                                   OnvifClient::Options device,
                                                                   std::uint32_t channel,
                                                                   PictureWishes wishes);

/// What the answers to GetImagingSettings and GetOptions say together; without options all is unknown that
/// the settings do not have.
PictureState read_picture_state(pugi::xml_node settings, pugi::xml_node options);
/// Writes wishes into the device's own settings, so that what we do not know stays.
void write_picture_wishes(pugi::xml_node settings, const PictureWishes& wishes);

}  // namespace watchrig::devices
