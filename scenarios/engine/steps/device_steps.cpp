#include <boost/json.hpp>

#include "scenarios/engine/condition.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

std::string text_of(const json::value& value, std::string_view pointer) {
  const auto* found = at_pointer(value, pointer);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

Outcome add_device(StepContext& step) {
  const auto name = step.text("as");
  const auto id = step.text("device");
  const Device* device = id.empty() ? nullptr : step.bench.device(id);
  if (!id.empty() && !device) return of_author(fmt::format("the rig has no device \"{}\"", id));
  json::object streams;
  const auto by_id = fmt::format("http://{}/onvif/device_service", id);
  const auto driver = step.text("driver", "rtsp");
  if (device && driver != "rtsp" && device->onvif.empty()) {
    return of_author(fmt::format("the device \"{}\" has no ONVIF services: say onvif=\"yes\"", id));
  }
  if (device) {
    for (const auto& [stream, url] : device->streams)
      streams[stream] = driver == "rtsp" ? url : driver == "registered" ? by_id : device->onvif;
  }
  if (step.has("url")) streams["main"] = step.text("url");
  if (step.has("sub-url")) streams["sub"] = step.text("sub-url");
  if (streams.empty()) return of_author("<add-device> needs a device of the rig or a url");
  const json::object body{{"name", name},
                          {"driver", driver},
                          {"streams", streams},
                          {"username", step.text("username", device ? device->username : "")},
                          {"password", step.text("password", device ? device->password : "")},
                          {"transport", step.text("transport", "tcp")}};
  const auto answer = step.bench.vms.api().json("POST", "/api/v1/devices", body);
  if (!answer) return of_vms(answer.error());
  auto channel = std::make_shared<Channel>();
  channel->name = name;
  channel->device = id;
  channel->server_device = text_of(*answer, "/id");
  channel->id = text_of(*answer, "/channels/0/id");
  if (channel->id.empty()) return failed("vmsd added the device, but its answer names no channel");
  step.bench.channels.put(name, channel);
  return {};
}

Outcome remove_device(StepContext& step) {
  const auto channel = step.bench.channels.take(step.text("channel"));
  if (!channel) return of_author(fmt::format("no channel \"{}\" was added", step.text("channel")));
  const auto path = "/api/v1/devices/" + http::percent_encode(channel->server_device);
  const auto answer = step.bench.vms.api().json("DELETE", path);
  return answer ? Outcome{} : of_vms(answer.error());
}

Outcome expect_connections(StepContext& step) {
  const auto id = step.text("device");
  if (auto checked = step.check_virtual(id); checked.verdict != reports::Verdict::pass) return checked;
  std::string wrong;
  std::optional<base::Error> broken;
  const auto holds = [&] {
    const auto status = step.bench.rig()->status(id);
    if (!status) {
      broken = status.error();
      return true;
    }
    wrong.clear();
    for (const auto* name : {"connections", "accepted", "sessions"}) {
      const auto wanted = step.number(name);
      const auto* value = at_pointer(*status, std::string("/") + name);
      if (!wanted) continue;
      Condition condition;
      condition.at_least = condition.at_most = wanted;
      const auto problem = value ? complaint(condition, *value) : std::string("is not told by the rig");
      if (!problem.empty()) wrong = fmt::format("{}: {} {}", id, name, problem);
    }
    return wrong.empty();
  };
  const bool met = step.wait_for(step.deadline(std::chrono::seconds(2)), holds);
  if (broken) return of_rig(*broken);
  return met ? Outcome{} : failed(wrong);
}

}  // namespace

std::vector<StepDefinition> device_steps() {
  using enum AttributeKind;
  return {
      {{"add-device",
        Block::none,
        true,
        {{"device", name},
         {"as", name, true},
         {"driver", choice, false, "rtsp|onvif|private|registered"},
         {"transport", choice, false, "tcp|udp"},
         {"username", text},
         {"password", text},
         {"url", text},
         {"sub-url", text}}},
       add_device},
      {{"remove-device", Block::none, true, {{"channel", name, true}}}, remove_device},
      {{"expect-connections",
        Block::none,
        false,
        {{"device", name, true},
         {"connections", count},
         {"accepted", count},
         {"sessions", count},
         {"within", duration}}},
       expect_connections},
  };
}

}  // namespace watchrig::scenarios
