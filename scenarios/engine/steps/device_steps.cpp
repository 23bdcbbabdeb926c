#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "scenarios/engine/condition.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

std::string text_of(const json::value& value, std::string_view pointer) {
  const auto* found = at_pointer(value, pointer);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// What every device is added with.
json::object body_of(StepContext& step, const Device* device) {
  json::object body{{"name", step.text("as")},
                    {"driver", step.text("driver", "rtsp")},
                    {"username", step.text("username", device ? device->username : "")},
                    {"password", step.text("password", device ? device->password : "")},
                    {"transport", step.text("transport", "tcp")}};
  if (step.has("type")) body["type"] = step.text("type");
  if (step.has("cache")) body["cache_strategy"] = step.text("cache");
  return body;
}

/// Keeps a channel of the answer under a name of its own.
Outcome keep_channel(StepContext& step, const json::value& answer, const std::string& name, unsigned number,
                     std::string input) {
  auto channel = std::make_shared<Channel>();
  channel->name = name;
  channel->device = step.text("device");
  channel->server_device = text_of(answer, "/id");
  channel->id = text_of(answer, fmt::format("/channels/{}/id", number - 1));
  channel->input = std::move(input);
  if (channel->id.empty())
    return failed(fmt::format("vmsd added the device, but its answer names no channel {}", number));
  step.bench.channels.put(name, channel);
  return {};
}

/// By its host and port, as somebody does who does not know its addresses by heart. Its channels are called
/// by its name and their numbers.
Outcome add_recorder(StepContext& step, const Device& recorder) {
  const auto name = step.text("as");
  if (step.text("driver", "rtsp") != "onvif" || step.has("url") || step.has("sub-url") ||
      step.has("sub2-url"))
    return of_author("a recorder is added with driver=\"onvif\", and by its host");
  const auto host = boost::urls::parse_uri(recorder.onvif);
  if (!host)
    return of_author(fmt::format("the device \"{}\" has no ONVIF services: say onvif=\"yes\"", recorder.id));
  auto body = body_of(step, &recorder);
  if (recorder.streams.contains("ch1-sub2")) {
    // A second sub stream is assumed of no device: it is entered.
    body["streams"] =
        json::object{{"main", recorder.onvif}, {"sub", recorder.onvif}, {"sub2", recorder.onvif}};
  } else {
    body["address"] = host->host();
    body["port"] = host->port_number();
  }
  body["channel_count"] = recorder.channels();
  json::array channels;
  for (unsigned number = 1; number <= recorder.channels(); ++number)
    channels.push_back({{"number", number}, {"name", fmt::format("{}-{}", name, number)}});
  body["channels"] = std::move(channels);
  const auto answer = step.bench.vms.api().json("POST", "/api/v1/devices", body);
  if (!answer) return of_vms(answer.error());
  for (unsigned number = 1; number <= recorder.channels(); ++number) {
    auto kept =
        keep_channel(step, *answer, fmt::format("{}-{}", name, number), number, fmt::format("ch{}-", number));
    if (kept.verdict != reports::Verdict::pass) return kept;
  }
  return {};
}

Outcome add_device(StepContext& step) {
  const auto id = step.text("device");
  const Device* device = id.empty() ? nullptr : step.bench.device(id);
  if (!id.empty() && !device) return of_author(fmt::format("the rig has no device \"{}\"", id));
  if (device && device->channels() != 0) return add_recorder(step, *device);
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
  for (const auto* name : {"sub", "sub2"}) {
    const std::string url = fmt::format("{}-url", name);
    if (step.has(url)) streams[name] = step.text(url);
  }
  if (streams.empty()) return of_author("<add-device> needs a device of the rig or a url");
  auto body = body_of(step, device);
  body["streams"] = std::move(streams);
  const auto answer = step.bench.vms.api().json("POST", "/api/v1/devices", body);
  return answer ? keep_channel(step, *answer, step.text("as"), 1, {}) : of_vms(answer.error());
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
         {"transport", choice, false, "tcp|udp|http"},
         {"cache", choice, false, "adaptive|realtime|fluent"},
         {"type", choice, false, "ipc|nvr|dvr|dvs|other"},
         {"username", text},
         {"password", text},
         {"url", text},
         {"sub-url", text},
         {"sub2-url", text}}},
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
