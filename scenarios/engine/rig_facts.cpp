#include "scenarios/engine/rig_facts.hpp"

#include <boost/url/parse.hpp>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

std::optional<std::string> rig_fact(const Bench& bench, std::string_view name) {
  const auto [object, what] = base::split_once(name, '.');
  if (const auto channel = bench.channels.find(std::string(object))) {
    if (what == "device") return channel->server_device;
    if (what == "id") return channel->id;
  }
  const Device* device = bench.device(std::string(object));
  if (!device) return std::nullopt;
  const auto stream = device->streams.find(what == "port" ? "main" : std::string(what));
  if (stream == device->streams.end()) return std::nullopt;
  if (what != "port") return stream->second;
  const auto url = boost::urls::parse_uri(stream->second);
  if (!url || !url->has_port()) return std::nullopt;
  return std::string(url->port());
}

}  // namespace watchrig::scenarios
