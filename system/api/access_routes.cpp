#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::AccessEntry;
using central::AccessFilter;
using http::Request;
using http::Response;

namespace {

const http::Guard security{"security"};
constexpr std::size_t longest_address = 45;

json::object to_json(const AccessEntry& entry) {
  json::object object{{"id", entry.id},
                      {"list", entry.list == AccessEntry::List::allow ? "allow" : "reject"}};
  if (entry.mac) {
    object["mac"] = platform::to_string(*entry.mac);
  } else {
    object["first"] = entry.first.to_string();
    object["last"] = entry.last.to_string();
  }
  return object;
}

Response show(ServerParts& parts, const Request&) {
  json::array list;
  for (const auto& entry : parts.central.access().entries()) list.push_back(to_json(entry));
  return http::json_response(
      200, json::object{{"mode", to_string(parts.central.access().mode())}, {"entries", std::move(list)}});
}

/// The client's; none of a route's business when it cannot be read, so it is nobody's.
AccessFilter::Address source_of(const Request& request) {
  boost::system::error_code ignored;
  return boost::asio::ip::make_address(request.source(), ignored);
}

AccessFilter::Address read_address(FieldReader& fields, const std::string& name, const std::string& text) {
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address(text.substr(0, longest_address), failure);
  if (failure || text.size() > longest_address || text.find('%') != std::string::npos) {
    fields.refuse(name, "must be an address of IPv4 or IPv6");
    return {};
  }
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  return address;
}

/// One address is `first` alone; a range is `first` and `last`; a network card is `mac`.
AccessEntry read_entry(FieldReader& fields, const json::object& body) {
  AccessEntry entry;
  const auto list = fields.text("list");
  if (list != "allow" && list != "reject") fields.refuse("list", "must be allow or reject");
  entry.list = list == "allow" ? AccessEntry::List::allow : AccessEntry::List::reject;
  if (body.contains("mac")) {
    entry.mac = platform::parse_mac(fields.text("mac"));
    if (!entry.mac)
      fields.refuse("mac", "must be the address of one network card, such as 52:54:00:aa:0b:01");
  } else {
    const auto first = fields.text("first");
    entry.first = read_address(fields, "first", first);
    entry.last = read_address(fields, "last", fields.text("last", first));
    if (entry.first.is_v4() != entry.last.is_v4() || entry.last < entry.first)
      fields.refuse("last", "must be of the same kind as first, and not before it");
  }
  fields.no_others();
  return entry;
}

json::object find_entry(const ServerParts& parts, std::string_view id) {
  for (const auto& entry : parts.central.access().entries()) {
    if (entry.id == id) return to_json(entry);
  }
  return {};
}

/// `done`: "an entry was added to the lists of hosts".
void tell_access(ServerParts& parts, const Request& request, std::string_view done,
                 const json::object& before, const json::object& after) {
  tell_change(parts, request, "access.changed", fmt::format("{} by \"{}\"", done, request.account), {},
              before, after);
}

Response set_mode(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto mode = central::mode_from(fields.text("mode"));
  if (!mode) fields.refuse("mode", "must be allow_all, reject_list or allow_list");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto before = parts.central.access().mode();
  if (const auto set = parts.central.access().set_mode(*mode, source_of(request)); !set)
    return http::error_response(set.error(), "mode");
  tell_access(parts, request, "it was set which list of hosts counts", {{"mode", to_string(before)}},
              {{"mode", to_string(*mode)}});
  return show(parts, request);
}

Response add(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto entry = read_entry(fields, fields.body());
  if (fields.error()) return error_response(*fields.error());
  const auto added = parts.central.access().add(entry, source_of(request));
  if (!added) return error_response(added.error());
  tell_access(parts, request, "an entry was added to the lists of hosts", {}, to_json(*added));
  return http::json_response(201, to_json(*added));
}

Response change(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  auto entry = read_entry(fields, fields.body());
  if (fields.error()) return error_response(*fields.error());
  entry.id = request.param("entry");
  const auto before = find_entry(parts, entry.id);
  const auto changed = parts.central.access().change(entry, source_of(request));
  if (!changed) return error_response(changed.error());
  tell_access(parts, request, "an entry of the lists of hosts was changed", before, to_json(entry));
  return http::json_response(200, to_json(entry));
}

Response remove(ServerParts& parts, const Request& request) {
  const auto before = find_entry(parts, request.param("entry"));
  const auto removed = parts.central.access().remove(request.param("entry"), source_of(request));
  if (!removed) return http::error_response(removed.error());
  tell_access(parts, request, "an entry of the lists of hosts was removed", before, {});
  return http::no_content();
}

}  // namespace

void add_access_routes(http::Router& router, ServerParts& parts) {
  using Work = Response (*)(ServerParts&, const Request&);
  const auto route = [&](const char* method, const char* pattern, const char* summary, Work work) {
    router.add_plain(method, pattern, security, summary,
                     [&parts, work](const Request& request) { return work(parts, request); });
  };
  route("GET", "/api/v1/access-filter", "Which hosts may connect", show);
  route("PUT", "/api/v1/access-filter", "Which list counts: allow_all, reject_list or allow_list", set_mode);
  route("POST", "/api/v1/access-filter/entries", "Adds an address, a range or a network card to a list", add);
  route("PUT", "/api/v1/access-filter/entries/{entry}", "Changes an entry", change);
  route("DELETE", "/api/v1/access-filter/entries/{entry}", "Removes an entry", remove);
}

}  // namespace watchrig::api
