#include "simulators/camera/personalities/quirky_server.hpp"

#include "simulators/camera/personalities/quirky_manners.hpp"
#include "simulators/camera/personalities/quirky_packets.hpp"

namespace watchrig::camera {

void make_quirky(media::RtspServer::Options& options, const Quirks& quirks, const base::Clock& clock) {
  if (quirks.empty()) return;
  for (const auto name :
       {quirks::keep_alive_by_get_parameter, quirks::get_parameter_refused, quirks::get_parameter_closes})
    options.session_timeout = quirks.time(name).value_or(options.session_timeout);
  options.manners = [quirks, realm = options.name, memory = std::make_shared<QuirkyMemory>(quirks, clock)] {
    return std::make_unique<QuirkyManners>(quirks, realm, memory);
  };
  options.packet_filter = [quirks, faults = std::move(options.packet_filter)](
                              const media::RtspSessionInfo& session) -> std::unique_ptr<media::PacketFilter> {
    return std::make_unique<QuirkyPackets>(quirks, faults ? faults(session) : nullptr);
  };
}

}  // namespace watchrig::camera
