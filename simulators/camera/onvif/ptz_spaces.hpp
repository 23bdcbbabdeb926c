#pragma once

#include <optional>

#include "simulators/camera/onvif/onvif_device.hpp"
#include "simulators/ptz/mechanical_head.hpp"

namespace watchrig::camera {

inline constexpr std::string_view ptz_node_token = "head", ptz_configuration_token = "ptz";
inline constexpr base::Duration shortest_ptz_timeout = std::chrono::milliseconds(100),
                                longest_ptz_timeout = std::chrono::minutes(10);

/// What of a vector of a request is given, in ONVIF's generic spaces (ONVIF PTZ 5.8): -1 to 1, a position and
/// a speed of the zoom 0 to 1.
struct PtzVector {
  std::optional<double> x, y, zoom;
  bool by_view = false;  ///< x and y tell a point of the picture (TranslationSpaceFov)
};
enum class PtzMeaning { position, translation, velocity, speed };
/// A missing vector has no parts. Faults: ter:SpaceNotSupported, and ter:InvalidPosition, ter:InvalidVelocity
/// and so on for what is no number or outside of the space.
OnvifOutcome read_ptz_vector(pugi::xml_node node, PtzMeaning meaning, PtzVector& vector);

/// Appends tt:PanTilt and tt:Zoom of a position.
void fill_ptz_position(pugi::xml_node node, const ptz::MechanicalHead& head,
                       const ptz::HeadPosition& position);
/// The position in the head's own units; parts that are not given stay as they are in it.
void apply_ptz_position(const PtzVector& vector, const ptz::MechanicalHead& head,
                        ptz::HeadPosition& position);

void fill_ptz_spaces(pugi::xml_node node);
/// Content of a tt:PTZNode and of a tt:PTZConfiguration.
void fill_ptz_node(pugi::xml_node node, const OnvifDevice& device);
void fill_ptz_configuration(pugi::xml_node node, const OnvifDevice& device);

/// Those of the PTZ service for its configurations and for tours.
std::vector<OnvifOperation> ptz_configuration_operations(OnvifDevice& device);
std::vector<OnvifOperation> ptz_tour_operations(OnvifDevice& device);

/// env:Sender ter:InvalidArgVal ter:NoToken.
protocols::SoapFault no_ptz_token(std::string_view token);
/// Why a head could not do it: ter:NoToken, or a fault of the receiver with this subcode.
protocols::SoapFault ptz_refusal(const base::Error& error, std::string_view token, std::string full);
/// The number that a token of a preset or a tour is; 0 for what is none.
unsigned ptz_number(std::string_view token);

}  // namespace watchrig::camera
