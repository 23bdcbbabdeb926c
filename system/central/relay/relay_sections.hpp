#pragma once

#include "system/central/relay/relay_link.hpp"

namespace watchrig::central {

/// The settings `registration`: the proxy through which clients connect (IVSS 8.3.2.4).
SettingSection registration_section();
/// The settings `p2p` (IVSS 8.3.2.1).
SettingSection p2p_section();

/// Automatic registration: the proxy gets to know the device id of the settings, and nothing else.
RelayLink::Kind registration_kind(const Settings& settings);
/// P2P: the relay gets to know address, MAC, name and serial number of this server, and nothing else.
RelayLink::Kind p2p_kind(const std::string& serial);

/// What is shared with a P2P relay that this server reaches from the address.
boost::json::object p2p_identity(const std::string& serial, const boost::asio::ip::address& own);

/// What a program scans to find this server by P2P: `watchrig://relay:port/serial`, or without the relay when
/// none is set.
std::string p2p_code(const boost::json::object& values, const std::string& serial);

}  // namespace watchrig::central
