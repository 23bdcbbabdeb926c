#include "simulators/camera/camera_parts.hpp"

namespace watchrig::camera {

std::shared_ptr<ptz::MechanicalHead> head_of(const CameraSpec& spec, const base::Clock& clock) {
  if (!spec.ptz) return nullptr;
  return std::make_shared<ptz::MechanicalHead>(ptz::MechanicalHead::Form{}, clock);
}

std::shared_ptr<ImagingUnit> imaging_of(const CameraSpec& spec, std::shared_ptr<ptz::MechanicalHead> head,
                                        const base::Clock& clock) {
  if (!spec.imaging) return nullptr;
  if (!head) head = std::make_shared<ptz::MechanicalHead>(ptz::MechanicalHead::Form{}, clock);
  return std::make_shared<ImagingUnit>(std::move(head));
}

std::shared_ptr<OsdBoard> osd_of(const CameraSpec& spec) {
  return spec.imaging ? std::make_shared<OsdBoard>(spec.id) : nullptr;
}

CameraSpec with_own_pictures(CameraSpec spec, std::shared_ptr<ptz::MechanicalHead> head,
                             std::shared_ptr<ImagingUnit> imaging, std::shared_ptr<OsdBoard> osd) {
  const auto own = [&](scene::SourceSpec& source) {
    if (head || imaging) source.owner = spec.id;
    if (head) {
      source.pointing = [head](base::UtcTime time) -> scene::Pointing {
        const auto position = head->at(time);
        return {position.pan, position.tilt, head->view_degrees(position.zoom)};
      };
    }
    if (!imaging) return;
    source.finish = [imaging, osd](media::Picture& picture, base::UtcTime time) {
      imaging->apply(picture, time);
      osd->draw(picture, time);
    };
  };
  for (auto& stream : spec.streams) own(stream.source);
  return spec;
}

std::vector<std::shared_ptr<CardStore>> cards_of(const CameraSpec& spec) {
  const unsigned parts = spec.channels == 0 ? 1 : spec.channels;
  std::vector<std::shared_ptr<CardStore>> cards;
  for (unsigned i = 0; spec.card_bytes != 0 && i < parts; ++i)
    cards.push_back(
        std::make_shared<CardStore>(CardStore::Options{spec.card_bytes / parts, spec.card_stops}));
  return cards;
}

void title(scene::SourceSpec& source, const std::string& name, base::Duration clock_ahead) {
  const auto board = std::make_shared<OsdBoard>(name);
  board->set_clock_ahead(clock_ahead);
  source.owner = name;
  source.finish = [board](media::Picture& picture, base::UtcTime time) { board->draw(picture, time); };
}

std::vector<std::shared_ptr<VideoAnalytics>> analytics_of(
    const CameraSpec& spec, const std::shared_ptr<const CameraClock>& clock,
    const std::shared_ptr<const ptz::MechanicalHead>& head) {
  std::vector<std::shared_ptr<VideoAnalytics>> all;
  const unsigned inputs = spec.channels == 0 ? 1 : spec.channels;
  for (unsigned i = 0; spec.analytics && i < inputs; ++i)
    all.push_back(std::make_shared<VideoAnalytics>(VideoAnalytics::Form{spec.analytics_rate, clock, head}));
  return all;
}

}  // namespace watchrig::camera
