#include "simulators/camera/analytics/video_analytics.hpp"

#include <algorithm>
#include <iterator>

namespace watchrig::camera {

namespace {

void append(std::deque<std::string>& waiting, std::string notification) {
  if (waiting.size() == VideoAnalytics::most_events) waiting.pop_front();
  waiting.push_back(std::move(notification));
}

}  // namespace

MetadataWish VideoAnalytics::wish() const {
  const std::lock_guard lock(mutex_);
  return wish_;
}

void VideoAnalytics::set_wish(const MetadataWish& wish) {
  const std::lock_guard lock(mutex_);
  wish_ = wish;
}

MetadataProfile VideoAnalytics::profile(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto found = profiles_.find(stream);
  return found == profiles_.end() ? MetadataProfile{} : found->second;
}

void VideoAnalytics::set_profile(const std::string& stream, const MetadataProfile& profile) {
  const std::lock_guard lock(mutex_);
  profiles_[stream] = profile;
}

void VideoAnalytics::join(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  events_[stream];
}

void VideoAnalytics::tell(const std::string& stream, std::string notification) {
  const std::lock_guard lock(mutex_);
  if (const auto found = events_.find(stream); found != events_.end())
    append(found->second, std::move(notification));
}

void VideoAnalytics::tell_all(const std::string& notification) {
  const std::lock_guard lock(mutex_);
  for (auto& [stream, waiting] : events_) append(waiting, notification);
}

std::deque<std::string> VideoAnalytics::take_events(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  std::deque<std::string> taken;
  if (const auto found = events_.find(stream); found != events_.end()) taken.swap(found->second);
  return taken;
}

void VideoAnalytics::reader_came(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  if (on_reader_) on_reader_(stream);
}

void VideoAnalytics::on_reader(std::function<void(const std::string&)> callback) {
  const std::lock_guard lock(mutex_);
  on_reader_ = std::move(callback);
}

std::vector<AnalyticsModule> VideoAnalytics::modules() const {
  const std::lock_guard lock(mutex_);
  return modules_;
}

void VideoAnalytics::set_modules(std::vector<AnalyticsModule> modules) {
  const std::lock_guard lock(mutex_);
  modules_ = std::move(modules);
}

std::vector<AnalyticsRule> VideoAnalytics::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

void VideoAnalytics::set_rules(std::vector<AnalyticsRule> rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  std::erase_if(findings_, [&](const auto& one) {
    return std::ranges::find(rules_, one.first, &AnalyticsRule::name) == rules_.end();
  });
}

std::vector<scene::SceneObject> VideoAnalytics::found(const std::vector<scene::SceneObject>& objects) const {
  const std::lock_guard lock(mutex_);
  std::vector<scene::SceneObject> found;
  std::ranges::copy_if(objects, std::back_inserter(found), [&](const scene::SceneObject& object) {
    return std::ranges::any_of(modules_, [&](const AnalyticsModule& module) {
      return means(module.classes, object_type(object.object_class));
    });
  });
  return found;
}

void VideoAnalytics::judge(const std::vector<scene::SceneObject>& objects, int width, int height,
                           base::UtcTime captured) {
  std::vector<SeenObject> seen;
  for (const auto& object : objects)
    seen.push_back(
        {object.id, object_type(object.object_class), scene_box(object.box, width, height).middle()});
  const std::lock_guard lock(mutex_);
  for (const auto& finding : judge_.look(seen, rules_, captured)) {
    if (finding.what != RuleFinding::What::left) ++findings_[finding.rule];
    if (on_finding_) on_finding_(finding);
  }
}

void VideoAnalytics::on_finding(std::function<void(const RuleFinding&)> callback) {
  const std::lock_guard lock(mutex_);
  on_finding_ = std::move(callback);
}

std::map<std::string, std::uint64_t> VideoAnalytics::findings() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

void VideoAnalytics::forget() {
  set_rules({});
  set_modules({{"objects", {}}});
  const std::lock_guard lock(mutex_);
  wish_ = {};
  profiles_.clear();
}

}  // namespace watchrig::camera
