#pragma once

#include <boost/json/object.hpp>

#include "system/api/server_parts.hpp"
#include "system/central/field_error.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// A card as a request wants it.
struct CardRequest {
  platform::HostNetwork::Card card;
  bool restart_accepted = false;  ///< the caller knows that another MTU restarts the card
};

/// Reads `{"method":"static","address","mask","gateway","mtu","restart_accepted"}` or `{"method":"dhcp",…}`;
/// an MTU that is left out stays as it is.
central::FieldResult<CardRequest> card_from(const http::Request& request, unsigned mtu_now);
/// Reads `{"automatic":true}` or `{"automatic":false,"preferred","alternate"}`.
central::FieldResult<platform::NameServers> name_servers_from(const http::Request& request);
/// Reads `{"destination","mask","gateway","card"}`.
central::FieldResult<platform::HostRoute> route_from(const boost::json::object& body);
/// Reads `10.9.0.0-16`.
central::FieldResult<platform::HostRoute> route_named(const std::string& card,
                                                      const std::string& destination);

boost::json::object to_json(const platform::HostNetwork::View& view,
                            const std::optional<std::string>& read_only);
http::Response network_error(const platform::NetworkRefusal& refusal);
}  // namespace watchrig::api
