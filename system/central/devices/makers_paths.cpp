#include "system/central/devices/makers_paths.hpp"

#include <algorithm>

namespace watchrig::central {

namespace {

// A further maker is a line here and one of the drivers.
constexpr MakersPaths makers[] = {
    {"rtsp",
     {"/cam/realmonitor?channel={channel}&subtype=0", "/cam/realmonitor?channel={channel}&subtype=1",
      "/cam/realmonitor?channel={channel}&subtype=2"}},
    {"axis",
     {"/axis-media/media.amp?camera={channel}", "/axis-media/media.amp?camera={channel}&resolution=640x360",
      "/axis-media/media.amp?camera={channel}&resolution=320x180"}},
    {"sony", {"/media/video1", "/media/video2", "/media/video3"}},
};

}  // namespace

const MakersPaths* find_makers_paths(std::string_view driver) {
  const auto* found = std::ranges::find(makers, driver, &MakersPaths::driver);
  return found == std::end(makers) ? nullptr : found;
}

Streams streams_of_service(const std::string& service) { return {{"main", service}, {"sub", service}}; }

}  // namespace watchrig::central
