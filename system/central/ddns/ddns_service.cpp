#include "system/central/ddns/ddns_service.hpp"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/host_name.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::ErrorKind;

namespace {

constexpr std::int64_t most_period = 30 * 24 * 60;  // minutes; services drop a name that is silent for longer
constexpr std::int64_t day = 24 * 60;

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

std::string text_in(const json::object& values, std::string_view name) {
  return std::string(values.at(name).as_string());
}

bool is_page(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  return url && (url->scheme() == "http" || url->scheme() == "https") && !url->host().empty() &&
         !url->has_userinfo();
}

FieldResult<void> check(const json::object& values) {
  const auto domain = text_in(values, "domain");
  if (!domain.empty() && (!is_host_name(domain) || domain.find('.') == std::string::npos))
    return refuse("domain", "domain must be a whole name, such as gate.example.org");
  const auto server = text_in(values, "server");
  if (!server.empty() && !is_host_name(server))
    return refuse("server", "server must be a host name or an address");
  const auto user = text_in(values, "username");
  if (std::ranges::any_of(user, [](unsigned char c) { return c < ' ' || c == ':' || c == 0x7f; }))
    return refuse("username", "username has a character that HTTP cannot carry: a colon or a control one");
  const auto source = text_in(values, "address_source");
  if (!source.empty() && !is_page(source))
    return refuse("address_source",
                  "address_source must be an http:// or https:// address without a password");
  if (!values.at("enabled").as_bool()) return {};
  for (const char* needed : {"domain", "username", "password"}) {
    if (text_in(values, needed).empty())
      return refuse(needed, fmt::format("{} is missing: as registered with the DDNS service", needed));
  }
  return {};
}

/// What each word of the protocol means.
struct Word {
  std::string_view word;
  DdnsAnswer::Kind kind;
  std::string_view message;
};
using enum DdnsAnswer::Kind;
constexpr Word words[] = {
    {"good", updated, "the name was updated"},
    {"nochg", updated, "the name leads here already"},
    {"badauth", refused, "the user name or the password is refused; enter them again"},
    {"!donator", refused, "the account does not include this; look at it on the service's page"},
    {"badagent", refused, "the service does not take updates from this program"},
    {"notfqdn", refused, "the domain is no whole name; enter it as it is registered"},
    {"nohost", refused, "the domain is not one of this account; register it, or enter the right one"},
    {"!yours", refused, "the domain belongs to another account; register another one"},
    {"numhost", refused, "the domain stands for several hosts, which cannot be updated"},
    {"abuse", refused,
     "the domain is blocked for abuse; have the service free it, and choose a longer period"},
    {"dnserr", busy, "the service's name server has an error; it is asked again in half an hour"},
    {"911", busy, "the service is out of order or being looked after; it is asked again in half an hour"},
};

/// As much of a text as can be shown.
std::string shown(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string result(text.substr(0, most));
  std::ranges::replace_if(
      result, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

}  // namespace

const std::vector<DdnsService>& ddns_services() {
  static const std::vector<DdnsService> services{
      {"members.dyndns.org", "/nic/update?"},
      {"dynupdate.no-ip.com", "/nic/update?"},
      {"members.3322.org", "/dyndns/update?system=dyndns&"},
  };
  return services;
}

SettingSection ddns_section() {
  std::vector<std::string> types;
  for (const auto& service : ddns_services()) types.emplace_back(service.host);
  return {"ddns",
          "a lasting name for a changing address; a service outside gets to know the address",
          {flag_setting("enabled", false, "whether the name is kept up to date"),
           choice_setting("type", types, "the service"),
           text_setting("server", "", 253, "its name or address; empty: that of the type"),
           number_setting("port", 0, 0, 65535, "its TCP port; 0: 443, or 80 without encryption"),
           flag_setting("encryption", true, "by HTTPS; else the password can be read on the way"),
           text_setting("domain", "", 253, "the name, as registered with the service"),
           text_setting("username", "", 255, "of the account with the service"),
           secret_setting("password", 255, "of that account"),
           number_setting("period", day, 1, most_period, "minutes from one update to the next"),
           text_setting("address_source", "", 253,
                        "http:// or https:// page that shows this network's address, so that a change is "
                        "noticed before the period is over; empty: none"),
           number_setting("address_period", 10, 1, day, "minutes from one look at that page to the next")},
          check,
          false,
          {"type", "server", "port", "encryption"}};
}

DdnsPlan ddns_plan(const json::object& values) {
  const auto type = text_in(values, "type");
  const auto& service = *std::ranges::find(ddns_services(), type, &DdnsService::host);
  const bool encrypted = values.at("encryption").as_bool();
  auto host = text_in(values, "server");
  if (host.empty()) host = type;
  auto port = values.at("port").as_int64();
  if (port == 0) port = encrypted ? 443 : 80;
  DdnsPlan plan;
  plan.enabled = values.at("enabled").as_bool();
  plan.domain = text_in(values, "domain");
  plan.service = fmt::format("{}:{}", host, port);
  const bool ip6 = host.find(':') != std::string::npos;  // RFC 3986, 3.2.2
  plan.request.url = fmt::format("{}://{}{}{}:{}{}hostname={}", encrypted ? "https" : "http", ip6 ? "[" : "",
                                 host, ip6 ? "]" : "", port, service.path, plan.domain);
  plan.request.username = text_in(values, "username");
  plan.request.password = text_in(values, "password");
  plan.period = std::chrono::minutes(values.at("period").as_int64());
  plan.address_source = text_in(values, "address_source");
  plan.address_period = std::chrono::minutes(values.at("address_period").as_int64());
  return plan;
}

DdnsAnswer ddns_answer(const platform::WebAnswer& answer) {
  if (answer.status == 401) return {refused, "badauth", {}, "badauth: " + std::string(words[2].message)};
  const auto line = base::trim(base::split_once(base::trim(answer.body), '\n').first);
  const auto [code, rest] = base::split_once(line, ' ');
  const auto* word = std::ranges::find(words, code, &Word::word);
  if (answer.status != 200 || word == std::end(words)) {
    return {failed,
            {},
            {},
            fmt::format("answers {} \"{}\", which is no answer to an update; check server and port",
                        answer.status, shown(line))};
  }
  DdnsAnswer result{word->kind, std::string(code), {}, fmt::format("{}: {}", code, word->message)};
  if (word->kind != updated) return result;
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address(std::string(base::trim(rest)), failure);
  // So services tell a program that they do not like.
  if (!failure && address.is_loopback())
    return {refused, std::string(code), {}, "the service ignores the updates of this program"};
  if (!failure) result.address = address.to_string();
  return result;
}

std::optional<std::string> address_on_page(std::string_view page) {
  constexpr std::string_view of_addresses = "0123456789abcdefABCDEF.:";
  while (true) {
    const auto begin = page.find_first_of(of_addresses);
    if (begin == std::string_view::npos) return std::nullopt;
    page.remove_prefix(begin);
    const auto end = std::min(page.find_first_not_of(of_addresses), page.size());
    // "address: 192.0.2.1." has marks of its sentence around it.
    auto word = page.substr(0, end);
    while (word.ends_with('.')) word.remove_suffix(1);
    if (word.starts_with(':') && !word.starts_with("::")) word.remove_prefix(1);
    page.remove_prefix(end);
    boost::system::error_code failure;
    const auto address = boost::asio::ip::make_address(std::string(word), failure);
    if (!failure && !address.is_loopback() && !address.is_unspecified()) return address.to_string();
  }
}

}  // namespace watchrig::central
