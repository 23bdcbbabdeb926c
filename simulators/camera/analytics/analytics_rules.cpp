#include "simulators/camera/analytics/analytics_rules.hpp"

#include <algorithm>

namespace watchrig::camera {

namespace {

/// Above zero where `p` is to the left of the way from `a` to `b`, y being up.
double side(const ScenePoint& a, const ScenePoint& b, const ScenePoint& p) {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

/// Whether the way from `from` to `to` crosses the line, in the direction that the rule asks for.
bool crosses(const AnalyticsRule& rule, const ScenePoint& from, const ScenePoint& to) {
  for (std::size_t i = 0; i + 1 < rule.points.size(); ++i) {
    const auto &a = rule.points[i], &b = rule.points[i + 1];
    const double before = side(a, b, from), after = side(a, b, to);
    if ((before > 0) == (after > 0)) continue;
    if ((side(from, to, a) > 0) == (side(from, to, b) > 0)) continue;
    const bool to_right = before > 0;
    if (rule.direction == "Any" || rule.direction == (to_right ? "Right" : "Left")) return true;
  }
  return false;
}

/// By the even-odd rule.
bool within(const std::vector<ScenePoint>& polygon, const ScenePoint& p) {
  bool inside = false;
  for (std::size_t i = 0, before = polygon.size() - 1; i < polygon.size(); before = i++) {
    const auto &a = polygon[i], &b = polygon[before];
    if ((a.y > p.y) == (b.y > p.y)) continue;
    if (p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

}  // namespace

bool means(const std::vector<std::string>& classes, std::string_view type) {
  return classes.empty() || std::ranges::find(classes, type) != classes.end();
}

std::vector<RuleFinding> RuleJudge::look(std::span<const SeenObject> objects,
                                         const std::vector<AnalyticsRule>& rules, base::UtcTime time) {
  std::vector<RuleFinding> findings;
  std::map<std::string, std::set<std::uint32_t>> inside;
  std::map<std::uint32_t, ScenePoint> now;
  for (const auto& object : objects) {
    now[object.id] = object.middle;
    const auto before = last_.find(object.id);
    for (const auto& rule : rules) {
      if (!means(rule.classes, object.type)) continue;
      if (rule.kind == AnalyticsRule::Kind::field) {
        if (within(rule.points, object.middle)) inside[rule.name].insert(object.id);
      } else if (before != last_.end() && crosses(rule, before->second, object.middle)) {
        findings.push_back({rule.name, RuleFinding::What::crossed, object.id, time});
      }
    }
  }
  for (const auto& [rule, objects_inside] : inside) {
    for (const auto id : objects_inside) {
      if (!inside_[rule].contains(id)) findings.push_back({rule, RuleFinding::What::entered, id, time});
    }
  }
  // Also of rules that are not there any more.
  for (const auto& [rule, were_inside] : inside_) {
    for (const auto id : were_inside) {
      if (!inside[rule].contains(id)) findings.push_back({rule, RuleFinding::What::left, id, time});
    }
  }
  last_ = std::move(now);
  inside_ = std::move(inside);
  return findings;
}

}  // namespace watchrig::camera
