#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulators/camera/analytics/video_analytics.hpp"
#include "simulators/camera/camera_spec.hpp"
#include "simulators/camera/card/card_store.hpp"
#include "simulators/camera/picture/imaging_unit.hpp"
#include "simulators/camera/picture/osd_board.hpp"
#include "simulators/ptz/mechanical_head.hpp"

namespace watchrig::camera {

// What a camera is made of, as its specification has it; null or empty for what it has not.

std::shared_ptr<ptz::MechanicalHead> head_of(const CameraSpec& spec, const base::Clock& clock);
/// Of a camera without a head, the lens is all that moves.
std::shared_ptr<ImagingUnit> imaging_of(const CameraSpec& spec, std::shared_ptr<ptz::MechanicalHead> head,
                                        const base::Clock& clock);
std::shared_ptr<OsdBoard> osd_of(const CameraSpec& spec);
/// One a video input; a recorder's have equal parts of its disk.
std::vector<std::shared_ptr<CardStore>> cards_of(const CameraSpec& spec);
/// One a video input.
std::vector<std::shared_ptr<VideoAnalytics>> analytics_of(
    const CameraSpec& spec, const std::shared_ptr<const CameraClock>& clock,
    const std::shared_ptr<const ptz::MechanicalHead>& head);

/// Has the streams show what the head points at, and what the camera makes of it.
CameraSpec with_own_pictures(CameraSpec spec, std::shared_ptr<ptz::MechanicalHead> head,
                             std::shared_ptr<ImagingUnit> imaging, std::shared_ptr<OsdBoard> osd);
/// Has a channel show its number and the time by the recorder's clock.
void title(scene::SourceSpec& source, const std::string& name, base::Duration clock_ahead);

}  // namespace watchrig::camera
