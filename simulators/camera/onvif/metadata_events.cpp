#include "simulators/camera/onvif/metadata_events.hpp"

#include <sstream>

#include <boost/asio/post.hpp>

#include "simulators/camera/analytics/video_analytics.hpp"
#include "simulators/camera/onvif/event_hub.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/metadata_configurations.hpp"

namespace watchrig::camera {

MetadataEvents::MetadataEvents(OnvifDevice& device) : device_(device), wishes_(device.sources) {}

void MetadataEvents::start(const boost::asio::any_io_executor& executor) {
  device_.events->listen([weak = weak_from_this()](const EventMessage& message) {
    if (const auto self = weak.lock()) self->pass_on(message);
  });
  for (unsigned source = 1; source <= device_.sources; ++source) {
    auto& analytics = *device_.analytics[source - 1];
    analytics.on_reader([weak = weak_from_this(), executor, source](const std::string& stream) {
      boost::asio::post(executor, [weak, source, stream] {
        if (const auto self = weak.lock()) self->synchronise(source, stream);
      });
    });
    analytics.on_finding([weak = weak_from_this(), executor, source](const RuleFinding& finding) {
      boost::asio::post(executor, [weak, source, finding] {
        if (const auto self = weak.lock()) self->tell_finding(source, finding);
      });
    });
  }
}

void MetadataEvents::pass_on(const EventMessage& message) const {
  for (std::size_t i = 0; i < wishes_.size(); ++i) {
    if (wishes_[i].wanted && wishes_[i].filter.takes(message))
      device_.analytics[i]->tell_all(notification_text(message));
  }
}

void MetadataEvents::synchronise(unsigned source, const std::string& stream) const {
  const auto& wish = wishes_.at(source - 1);
  if (!wish.wanted) return;
  for (const auto& property : device_.events->properties()) {
    const EventMessage message{property, PropertyOperation::initialized, device_.now()};
    if (wish.filter.takes(message)) device_.analytics[source - 1]->tell(stream, notification_text(message));
  }
}

void MetadataEvents::tell_finding(unsigned source, const RuleFinding& finding) {
  const std::vector<std::string> names{device_.token(video_source_configuration, source),
                                       device_.token(analytics_configuration, source), finding.rule};
  const auto id = std::to_string(finding.object);
  const auto time = finding.time + device_.clock_offset;
  if (finding.what == RuleFinding::What::crossed)
    return device_.events->tell({event_topic("crossed"), 0, names, id}, PropertyOperation::changed, time);
  CameraProperty inside{event_topic("inside"), 0, names, "true", id};
  if (finding.what == RuleFinding::What::entered)
    return device_.events->tell(inside, PropertyOperation::initialized, time);
  inside.value = "false";
  device_.events->tell(inside, PropertyOperation::changed, time);
  device_.events->tell(inside, PropertyOperation::deleted, time);
}

std::string notification_text(const EventMessage& message) {
  pugi::xml_document document;
  add_notification(document.root(), message);
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return text.str();
}

}  // namespace watchrig::camera
