#include "system/central/relay/relay_sections.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

#include <fmt/format.h>

#include "system/central/host_name.hpp"
#include "system/platform/own_card.hpp"
#include "system/protocols/registration/registration_message.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::ErrorKind;

namespace {

constexpr std::uint16_t usual_port = 7000;
constexpr std::int64_t longest_id = 64;

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

std::string text_in(const json::object& values, std::string_view name) {
  return std::string(values.at(name).as_string());
}

FieldResult<void> check_server(const json::object& values) {
  const auto server = text_in(values, "server");
  if (server.empty() && values.at("enabled").as_bool())
    return refuse("server", "server is missing: name or address of the one to register with");
  if (!server.empty() && !is_host_name(server))
    return refuse("server", "server must be a host name or an address");
  return {};
}

FieldResult<void> check_registration(const json::object& values) {
  if (auto checked = check_server(values); !checked) return checked;
  const auto server = text_in(values, "server");
  boost::system::error_code none;
  const auto address = boost::asio::ip::make_address(server, none);
  if (!none && address.is_v6() != (values.at("ip_type") == "ipv6"))
    return refuse("server", "server is an address of the other type than ip_type");
  const auto id = text_in(values, "device_id");
  if (!id.empty() && !protocols::is_device_id(id))
    return refuse("device_id", "device_id takes letters, digits, dot, hyphen and underscore");
  if (id.empty() && values.at("enabled").as_bool())
    return refuse("device_id", "device_id is missing: the one that the proxy server knows");
  return {};
}

RelayPlan plan_of(const json::object& values) {
  RelayPlan plan;
  plan.enabled = values.at("enabled").as_bool();
  plan.host = text_in(values, "server");
  plan.port = static_cast<std::uint16_t>(values.at("port").as_int64());
  if (const auto* type = values.if_contains("ip_type")) plan.ip6 = *type == "ipv6";
  return plan;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace

SettingSection registration_section() {
  return {"registration",
          "automatic registration with a proxy server, through which clients connect",
          {flag_setting("enabled", false, "whether this server registers"),
           choice_setting("ip_type", {"ipv4", "ipv6"}, "of the proxy's address"),
           text_setting("server", "", 253, "the proxy's address or name"),
           port_setting("port", usual_port, "its TCP port"),
           text_setting("device_id", "", longest_id, "as which the proxy knows this server")},
          check_registration};
}

SettingSection p2p_section() {
  return {
      "p2p",
      "remote access through a relay, which gets to know this server's address, MAC, name and serial number",
      {flag_setting("enabled", false, "whether this server is reached so"),
       text_setting("server", "", 253, "the relay's name or address"),
       port_setting("port", usual_port, "its TCP port")},
      check_server};
}

RelayLink::Kind registration_kind(const Settings& settings) {
  return {"registration", "automatic registration", plan_of, [&settings](const boost::asio::ip::address&) {
            return json::object{{"device_id", settings.text("registration", "device_id")}};
          }};
}

RelayLink::Kind p2p_kind(const std::string& serial) {
  return {"p2p", "P2P", plan_of,
          [serial](const boost::asio::ip::address& own) { return p2p_identity(serial, own); }};
}

json::object p2p_identity(const std::string& serial, const boost::asio::ip::address& own) {
  const auto card = platform::own_card(own);
  return {{"serial", serial}, {"name", host_name()}, {"ip", card.address}, {"mac", card.mac}};
}

std::string p2p_code(const json::object& values, const std::string& serial) {
  const auto plan = plan_of(values);
  if (plan.host.empty()) return "watchrig:///" + serial;
  const bool ip6 = plan.host.find(':') != std::string::npos;
  return fmt::format("watchrig://{}{}{}:{}/{}", ip6 ? "[" : "", plan.host, ip6 ? "]" : "", plan.port, serial);
}

}  // namespace watchrig::central
