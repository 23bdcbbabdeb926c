#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/camera/analytics/analytics_rules.hpp"
#include "simulators/camera/camera_clock.hpp"

namespace watchrig::camera {

/// What the metadata configuration of a video source asks for (tt:MetadataConfiguration).
struct MetadataWish {
  bool objects = true;
  bool ptz_status = false, ptz_position = false;
  bool events = false;  ///< which ones, is known to who offers them
};

/// Which of the two configurations a profile has.
struct MetadataProfile {
  bool metadata = true;   ///< without it the stream has no such track
  bool analytics = true;  ///< without it no objects are told of
};

/// The analytics of one video input: what is told of its pictures, to which streams. Any thread.
class VideoAnalytics {
 public:
  /// Events that wait for the next document of a stream; the oldest give way.
  static constexpr std::size_t most_events = 64;
  static constexpr std::size_t most_modules = 2, most_rules = 8;

  struct Form {
    unsigned rate = 5;                                ///< pictures a second that are analysed
    std::shared_ptr<const CameraClock> clock;         ///< by which times are told
    std::shared_ptr<const ptz::MechanicalHead> head;  ///< null: there is none
  };

  explicit VideoAnalytics(Form form) : form_(std::move(form)) {}

  const Form& form() const { return form_; }
  MetadataWish wish() const;
  void set_wish(const MetadataWish& wish);
  MetadataProfile profile(const std::string& stream) const;
  void set_profile(const std::string& stream, const MetadataProfile& profile);

  /// A wsnt:NotificationMessage for the next document of a stream, or of all.
  void tell(const std::string& stream, std::string notification);
  void tell_all(const std::string& notification);
  /// Those that wait, in order.
  std::deque<std::string> take_events(const std::string& stream);
  /// A reader gets a stream from now on, which is told of to whoever has said so by on_reader(); who must not
  /// block.
  void reader_came(const std::string& stream) const;
  void on_reader(std::function<void(const std::string& stream)> callback);
  /// Has the stream known, so that tell_all() reaches it.
  void join(const std::string& stream);

  /// By which objects are found; at first one for all of them. Without any, none are.
  std::vector<AnalyticsModule> modules() const;
  void set_modules(std::vector<AnalyticsModule> modules);
  std::vector<AnalyticsRule> rules() const;
  void set_rules(std::vector<AnalyticsRule> rules);
  /// Those that a module finds.
  std::vector<scene::SceneObject> found(const std::vector<scene::SceneObject>& objects) const;
  /// Judges the rules by what was found on a picture of that size; whoever has said so by on_finding() is
  /// told.
  void judge(const std::vector<scene::SceneObject>& objects, int width, int height, base::UtcTime captured);
  void on_finding(std::function<void(const RuleFinding&)> callback);
  /// Findings of each rule since it was made, but for those of leaving a field.
  std::map<std::string, std::uint64_t> findings() const;
  /// What was wished, and all modules and rules but the first module.
  void forget();

 private:
  const Form form_;
  mutable std::mutex mutex_;
  MetadataWish wish_;
  std::map<std::string, MetadataProfile> profiles_;
  std::map<std::string, std::deque<std::string>> events_;
  std::function<void(const std::string&)> on_reader_;
  std::vector<AnalyticsModule> modules_ = {{"objects", {}}};
  std::vector<AnalyticsRule> rules_;
  RuleJudge judge_;
  std::function<void(const RuleFinding&)> on_finding_;
  std::map<std::string, std::uint64_t> findings_;
};

}  // namespace watchrig::camera
