#include "scenarios/engine/replay_note.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

base::Error invalid(std::string_view why) {
  return {base::ErrorKind::invalid, fmt::format("replay.json: {}", why)};
}

std::string text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::string to_json(const ReplayNote& note) {
  return json::serialize(json::object{{"id", note.id},
                                      {"seed", note.seed},
                                      {"time_scale", note.time_scale},
                                      {"verdict", reports::to_string(note.verdict)},
                                      {"reason", note.reason}});
}

base::Result<ReplayNote> parse_replay_note(std::string_view source) {
  json::error_code error;
  const auto value = json::parse(source, error);
  const auto* object = error ? nullptr : value.if_object();
  if (!object) return invalid("is no JSON object");
  ReplayNote note;
  note.id = text(*object, "id");
  note.reason = text(*object, "reason");
  const auto verdict = reports::parse_verdict(text(*object, "verdict"));
  const auto* seed = object->if_contains("seed");
  const auto* scale = object->if_contains("time_scale");
  if (note.id.empty() || !verdict || !seed || !scale || !seed->is_number() || !scale->is_number()) {
    return invalid("lacks id, seed, time_scale or verdict");
  }
  note.verdict = *verdict;
  note.seed = seed->to_number<std::uint64_t>(error);
  if (error) return invalid("seed is no whole number");
  note.time_scale = scale->to_number<double>();
  return note;
}

base::Result<std::vector<std::string>> parse_schedule(std::string_view faults_json) {
  json::error_code error;
  const auto value = json::parse(faults_json, error);
  const auto* devices = error ? nullptr : value.if_object();
  if (!devices) return base::Error{base::ErrorKind::invalid, "faults.json: is no JSON object"};
  std::vector<std::string> lines;
  for (const auto& [device, list] : *devices) {
    if (!list.is_array()) return base::Error{base::ErrorKind::invalid, "faults.json: a schedule is no list"};
    for (const auto& entry : list.get_array()) {
      const auto* object = entry.if_object();
      // Notes say what a fault met, which depends on what was under way; begin and end are the schedule.
      if (!object || text(*object, "what") == "note") continue;
      const bool begins = text(*object, "what") == "begin";
      lines.push_back(fmt::format("{} {} {} {}{}{}", std::string_view(device), text(*object, "fault"),
                                  text(*object, "verb"), text(*object, "what"), begins ? " " : "",
                                  begins ? text(*object, "detail") : ""));
    }
  }
  return lines;
}

std::vector<std::string> compare_schedules(const std::vector<std::string>& before,
                                           const std::vector<std::string>& after) {
  std::vector<std::string> differences;
  const auto report = [&](const std::vector<std::string>& from, const std::vector<std::string>& in,
                          std::string_view what) {
    for (const auto& line : from) {
      if (std::ranges::count(from, line) > std::ranges::count(in, line)) {
        differences.push_back(fmt::format("{}: {}", what, line));
      }
    }
  };
  report(before, after, "only then");
  report(after, before, "only now");
  if (differences.empty() && before != after) differences.push_back("the same faults in another order");
  return differences;
}

}  // namespace watchrig::scenarios
