#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/central/settings/settings.hpp"
#include "system/platform/web_client.hpp"

namespace watchrig::central {

/// A service that gives a host with a changing address a lasting name (IVSS 8.3.2.2), reached by the update
/// protocol dyndns2.
struct DdnsService {
  std::string_view host;  ///< also its name in the settings
  std::string_view path;  ///< of an update; ends where its parameters go on
};
const std::vector<DdnsService>& ddns_services();

/// The settings `ddns`.
SettingSection ddns_section();

/// Where an update goes, and what it says.
struct DdnsPlan {
  bool enabled = false;
  platform::WebRequest request;  ///< without the parameter `myip`
  std::string service;           ///< "host:port" for people
  std::string domain;
  base::Duration period{};
  std::string address_source;  ///< URL of a page that shows the address; empty: the service sees it itself
  base::Duration address_period{};
};
/// Of the values of the section.
DdnsPlan ddns_plan(const boost::json::object& values);

/// What a service says of an update.
struct DdnsAnswer {
  enum class Kind {
    updated,  ///< the name leads here
    refused,  ///< somebody must do something first; asking again would be abuse
    busy,     ///< the service has trouble and wants half an hour
    failed,   ///< no answer of the protocol
  };
  Kind kind = Kind::failed;
  std::string code;                    ///< "good", "nochg", "badauth", … as it was sent; empty: none
  std::optional<std::string> address;  ///< that the service has the name lead to
  std::string message;                 ///< for people: what happened and what to do
};
DdnsAnswer ddns_answer(const platform::WebAnswer& answer);

/// The first IP address of a host on a page, in its usual form; not that of a loopback or unspecified one.
std::optional<std::string> address_on_page(std::string_view page);

}  // namespace watchrig::central
