#include "system/devices/onvif/onvif_io.hpp"

#include <algorithm>

#include "system/devices/onvif/onvif_services.hpp"
#include "system/devices/onvif/pull_point.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::ErrorKind;
using protocols::add;
using protocols::children;
using protocols::text_at;

namespace {

RelayOutput read_output(pugi::xml_node node) {
  RelayOutput output;
  output.token = node.attribute("token").value();
  output.settings.monostable = text_at(node, "Properties/Mode") == "Monostable";
  output.settings.idle_closed = text_at(node, "Properties/IdleState") == "closed";
  const auto delay = protocols::parse_xml_duration(text_at(node, "Properties/DelayTime"));
  if (delay && *delay >= base::Duration::zero() && *delay <= std::chrono::hours(24))
    output.settings.delay = *delay;
  return output;
}

DigitalInput read_input(pugi::xml_node node) {
  DigitalInput input;
  input.token = node.attribute("token").value();
  const std::string_view idle = node.attribute("IdleState").value();
  if (idle == "open" || idle == "closed") input.idle_closed = idle == "closed";
  return input;
}

void take_state(DigitalIo& io, const EventNotice& notice) {
  const auto take = [&](auto& list) {
    for (auto& one : list) {
      if (one.token == notice.source) one.active = notice.active;
    }
  };
  if (notice.kind == EventClass::input) take(io.inputs);
  if (notice.kind == EventClass::relay) take(io.outputs);
}

/// The states of before, with which a subscription begins; without them it was not in vain.
asio::awaitable<void> read_states(OnvifClient& client, const base::Clock& clock, std::string path,
                                  DigitalIo& io) {
  PullPoint point(client, clock, [](std::string_view, const std::string&) {});
  const auto created = co_await point.create(std::move(path));
  if (!created) co_return;
  const auto told = co_await point.pull();
  if (told) {
    for (const auto& notice : told->notices) take_state(io, notice);
  }
  co_await point.end();
}

asio::awaitable<base::Result<>> order(const base::Clock& clock, OnvifClient::Options device,
                                      std::string operation, OnvifClient::Fill fill) {
  OnvifClient client(clock, std::move(device));
  const auto told = co_await client.take_clock();
  if (!told) co_return told.error();
  const auto answer = co_await client.ask(client.address().path, operation, fill);
  if (!answer) co_return answer.error();
  co_return base::Result<>();
}

}  // namespace

asio::awaitable<base::Result<DigitalIo>> read_io(const base::Clock& clock, OnvifClient::Options device) {
  OnvifClient client(clock, std::move(device));
  const auto services = co_await OnvifServices::meet(client);
  if (!services) co_return services.error();
  DigitalIo io;
  const auto relays = co_await client.ask(client.address().path, "tds:GetRelayOutputs", {});
  if (!relays && relays.error().kind != ErrorKind::unsupported) co_return relays.error();
  if (relays) {
    for (const auto& node : children(relays->content(), "RelayOutputs")) {
      if (io.outputs.size() < DigitalIo::most) io.outputs.push_back(read_output(node));
    }
  }
  io.has_outputs = io.outputs.empty() ? Ability::no : Ability::yes;
  if (const auto path = services->path("tmd"); !path.empty()) {
    const auto inputs = co_await client.ask(path, "tmd:GetDigitalInputs", {});
    if (!inputs && inputs.error().kind != ErrorKind::unsupported) co_return inputs.error();
    if (inputs) {
      for (const auto& node : children(inputs->content(), "DigitalInputs")) {
        if (io.inputs.size() < DigitalIo::most) io.inputs.push_back(read_input(node));
      }
      io.has_inputs = io.inputs.empty() ? Ability::no : Ability::yes;
    }
  }
  const auto events = services->path("tev");
  if (!events.empty() && !(io.inputs.empty() && io.outputs.empty()))
    co_await read_states(client, clock, events, io);
  co_return io;
}

asio::awaitable<base::Result<>> switch_output(const base::Clock& clock, OnvifClient::Options device,
                                              std::string token, bool active) {
  return order(clock, std::move(device), "tds:SetRelayOutputState", [token, active](pugi::xml_node request) {
    add(request, "tds:RelayOutputToken", token);
    add(request, "tds:LogicalState", active ? "active" : "inactive");
  });
}

asio::awaitable<base::Result<>> set_output(const base::Clock& clock, OnvifClient::Options device,
                                           std::string token, RelaySettings settings) {
  return order(clock, std::move(device), "tds:SetRelayOutputSettings",
               [token, settings](pugi::xml_node request) {
                 add(request, "tds:RelayOutputToken", token);
                 auto properties = add(request, "tds:Properties");
                 add(properties, "tt:Mode", settings.monostable ? "Monostable" : "Bistable");
                 add(properties, "tt:DelayTime", protocols::xml_duration(settings.delay));
                 add(properties, "tt:IdleState", settings.idle_closed ? "closed" : "open");
               });
}

}  // namespace watchrig::devices
