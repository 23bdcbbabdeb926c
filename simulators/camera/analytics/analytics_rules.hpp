#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "simulators/camera/analytics/metadata_document.hpp"

namespace watchrig::camera {

/// A module that finds objects: those of the named types (tt:ObjectType), or all where none is named.
struct AnalyticsModule {
  std::string name;
  std::vector<std::string> classes;
};

/// A rule of ONVIF Analytics, annex A, judged by the middles of the objects that modules find.
struct AnalyticsRule {
  enum class Kind {
    line,  ///< tt:LineDetector: somebody crosses a line of several points
    field  ///< tt:FieldDetector: somebody is within a polygon
  };
  std::string name;
  Kind kind = Kind::line;
  /// Of a line: Any, or Left and Right as seen by somebody who goes along its points.
  std::string direction = "Any";
  std::vector<std::string> classes;  ///< none: all
  std::vector<ScenePoint> points;
};

/// What a rule has found.
struct RuleFinding {
  enum class What { crossed, entered, left };
  std::string rule;
  What what = What::crossed;
  std::uint32_t object = 0;
  base::UtcTime time;  ///< capture, by the rig's clock
};

/// An object as rules see it.
struct SeenObject {
  std::uint32_t id = 0;
  std::string_view type;
  ScenePoint middle;
};

/// Whether objects of that type are among those that are meant.
bool means(const std::vector<std::string>& classes, std::string_view type);

/// Follows objects from picture to picture. One thread at a time.
class RuleJudge {
 public:
  std::vector<RuleFinding> look(std::span<const SeenObject> objects, const std::vector<AnalyticsRule>& rules,
                                base::UtcTime time);

 private:
  std::map<std::uint32_t, ScenePoint> last_;
  std::map<std::string, std::set<std::uint32_t>> inside_;  ///< a field rule
};

}  // namespace watchrig::camera
