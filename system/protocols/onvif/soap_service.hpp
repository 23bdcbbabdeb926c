#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"
#include "system/protocols/onvif/access_policy.hpp"
#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::protocols {

/// A request on its way through an operation. `answer` is the empty element of the response.
struct SoapCall {
  pugi::xml_node request;
  pugi::xml_node answer;
  std::string authority;    ///< host and port by which the client has reached the service
  std::string object = {};  ///< the last part of the path, where a service has one for each object
  std::string_view scheme = "http";
  std::string user = {};         ///< who asks; empty: nobody, or somebody where there are no accounts
  std::string source = {};       ///< and from which address
  std::string correlation = {};  ///< name of the request, for what follows from it
};

/// Nothing when all is well.
using SoapOutcome = std::optional<SoapFault>;

struct SoapOperation {
  std::string_view name;
  AccessClass access;
  std::function<SoapOutcome(SoapCall&)> run;
  std::string_view prefix = {};     ///< of its namespace, where that is not the service's
  std::string_view port_type = {};  ///< what its action begins with (WS-Addressing), for those who ask by one
  /// In place of `run`, where there is something to wait for.
  std::function<boost::asio::awaitable<SoapOutcome>(SoapCall&)> serve = {};
};

/// One service of an ONVIF device: a table of operations at an address.
struct SoapService {
  std::string_view prefix;  ///< of its namespace
  std::string_view path;    ///< may end with {object}
  int major = 0, minor = 0;
  std::vector<SoapOperation> operations;

  /// The namespace of an operation of it.
  std::string_view prefix_of(const SoapOperation& operation) const {
    return operation.prefix.empty() ? prefix : operation.prefix;
  }
};

/// A fault of the sender with these subcodes.
SoapFault refuse(std::vector<std::string> subcodes, std::string reason);
/// env:Sender ter:InvalidArgVal ter:NoProfile.
SoapFault no_profile(std::string_view token);

/// What a message asks for. Error: the fault when the service has no such operation.
boost::system::result<const SoapOperation*, SoapFault> find_operation(const SoapService& service,
                                                                      pugi::xml_node asked);
[[noreturn]] void throw_exception_from_error(const SoapFault& fault, const boost::source_location& where);

/// The message with the answer of an operation that runs at once or waits. Error: its fault. Who asks by
/// WS-Addressing is answered by it (Web Services Addressing 1.0 Core, 3.4). The arguments outlive it.
boost::asio::awaitable<boost::system::result<std::string, SoapFault>> answer_to(
    const SoapMessage& message, const SoapService& service, const SoapOperation& operation, SoapCall& call);

/// Whether a text can be a host with its port, by which a client has connected; anything else must not come
/// back in an answer.
bool is_authority(std::string_view text);
/// "http://host:port/path" by which the client reaches what it was told of.
std::string address_of(const SoapCall& call, std::string_view path);

/// tt:DateTime: a time in UTC as its parts.
void add_date_time(pugi::xml_node parent, const char* name, base::UtcTime time);
/// The answer of GetServices (ONVIF Core 8.1.2): of each service its address and version, and its
/// capabilities when they are asked for.
void add_services(const std::vector<SoapService>& services, SoapCall& call);

}  // namespace watchrig::protocols
