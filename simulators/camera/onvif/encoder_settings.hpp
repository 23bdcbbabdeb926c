#pragma once

#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// Appends a tr2:Options (tt:VideoEncoder2ConfigurationOptions) for each codec that the stream can have.
void add_encoder_options2(pugi::xml_node parent, const OnvifDevice& device, const OnvifStream& stream);
/// Fills a trt:Options (tt:VideoEncoderConfigurationOptions), which knows of JPEG and H.264.
void fill_encoder_options1(pugi::xml_node options, const OnvifDevice& device, const OnvifStream& stream);

/// Has the encoder work by a tt:VideoEncoder2Configuration or a tt:VideoEncoderConfiguration. Bit rate, frame
/// rate and quality that the camera does not have become the nearest ones (ONVIF Media2, 5.2.3.4). Faults:
/// ter:NoConfig, and ter:ConfigModify for what it cannot do.
OnvifOutcome set_encoder2(OnvifDevice& device, pugi::xml_node configuration);
OnvifOutcome set_encoder1(OnvifDevice& device, pugi::xml_node configuration);

}  // namespace watchrig::camera
