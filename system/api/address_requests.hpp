#pragma once

#include <set>
#include <string>

#include "system/api/request_fields.hpp"
#include "system/api/server_parts.hpp"
#include "system/devices/discovery/address_plan.hpp"

namespace watchrig::api {

/// How devices are to get their addresses.
struct AddressOrder {
  std::optional<devices::StaticPlace> first;  ///< nothing: by DHCP
  std::uint32_t increment = 1;                ///< of the fourth octet, from one device to the next
};

/// Reads `mode` ("dhcp" or "static") and, of static ones, `address`, `mask`, `gateway` (none without it) and
/// `increment`. What is wrong is kept by the reader.
AddressOrder address_order_of(FieldReader& fields);

/// Who has which address: devices that were added or found, this server, and those that have just been
/// given away. Devices in areas that the caller does not look after have no names.
class Occupants {
 public:
  Occupants(ServerParts& parts, const http::Request& request);

  /// Nothing when nobody is known to have it but who is there already, the device at `own`.
  std::optional<std::string> holder(std::uint32_t address, const std::string& own) const;
  /// The same, and then asks the network: who answers there has it.
  boost::asio::awaitable<std::optional<std::string>> find(std::uint32_t address, std::string own,
                                                          std::uint16_t port) const;
  void take(std::uint32_t address) { taken_.insert(address); }

 private:
  std::map<std::string, std::string> names_;  ///< by host
  std::set<std::uint32_t> taken_;
};

/// The addresses that devices get by the order, one after the other.
class AddressGiver {
 public:
  AddressGiver(ServerParts& parts, const http::Request& request, AddressOrder order);

  /// For a device that is at `own` with that port now; nothing by DHCP. In batches occupied ones are skipped,
  /// `alone` one is refused. Errors: conflict (who has it), full (the fourth octet has come to its end).
  boost::asio::awaitable<base::Result<std::optional<devices::StaticPlace>>> next(std::string own,
                                                                                 std::uint16_t port,
                                                                                 bool alone);

 private:
  AddressOrder order_;
  devices::AddressPlan plan_;
  Occupants occupants_;
};

}  // namespace watchrig::api
