#include "scenarios/engine/rig_facts.hpp"

#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

std::string host_in(const std::string& address) {
  const auto url = boost::urls::parse_uri(address);
  return url ? std::string(url->host()) : std::string();
}

std::optional<std::string> port_in(const std::string& address) {
  const auto url = boost::urls::parse_uri(address);
  if (!url || !url->has_port()) return std::nullopt;
  return std::string(url->port());
}

/// As JSON has it between quotes.
std::string in_json(const std::string& text) {
  const auto quoted = boost::json::serialize(text);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::optional<std::string> rig_fact(const Bench& bench, std::string_view name) {
  const auto [object, what] = base::split_once(name, '.');
  if (const auto channel = bench.channels.find(std::string(object))) {
    if (what == "device") return channel->server_device;
    if (what == "id") return channel->id;
  }
  const Device* device = bench.device(std::string(object));
  if (!device) return std::nullopt;
  if (what == "onvif" && !device->onvif.empty()) return device->onvif;
  if (what == "https" && !device->https.empty()) return device->https;
  if (what == "https-port") return port_in(device->https);
  if (what == "authority") return in_json(device->authority);
  if (what == "onvif-port") return port_in(device->onvif);
  if (what == "address" && !device->onvif.empty()) return host_in(device->onvif);
  const std::string first = device->channels() == 0 ? "main" : "ch1-main";
  if (what == "address" && device->streams.contains(first)) return host_in(device->streams.at(first));
  const auto stream = device->streams.find(what == "port" ? first : std::string(what));
  if (stream == device->streams.end()) return std::nullopt;
  return what == "port" ? port_in(stream->second) : stream->second;
}

}  // namespace watchrig::scenarios
