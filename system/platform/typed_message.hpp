#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include "system/platform/message_bus.hpp"

namespace watchrig::platform {

namespace detail {
// One for each type that a member of a message may have; false for a value of another type.
bool read_member(const boost::json::value& from, std::string& to);
bool read_member(const boost::json::value& from, bool& to);
bool read_member(const boost::json::value& from, std::int64_t& to);
bool read_member(const boost::json::value& from, std::vector<std::string>& to);
bool read_member(const boost::json::value& from, boost::json::object& to);
boost::json::value write_member(const std::vector<std::string>& texts);
inline boost::json::value write_member(const std::string& text) {
  return boost::json::value(boost::json::string_view(text));
}
inline boost::json::value write_member(bool flag) { return flag; }
inline boost::json::value write_member(std::int64_t number) { return number; }
inline boost::json::value write_member(const boost::json::object& object) { return object; }
base::Error bad_member(const Message& message, const char* member, bool missing);
base::Error other_message(const Message& message, std::string_view wanted);

template <class Body>
using Members = boost::describe::describe_members<Body, boost::describe::mod_public>;
}  // namespace detail

/// The body of a message whose struct is described (BOOST_DESCRIBE_STRUCT): a member's name in JSON is its
/// name in the struct.
template <class Body>
boost::json::object to_body(const Body& body) {
  boost::json::object object;
  boost::mp11::mp_for_each<detail::Members<Body>>(
      [&](auto member) { object[member.name] = detail::write_member(body.*member.pointer); });
  return object;
}

/// A message of that struct, which has its name in H.626.4 as `message_name`.
template <class Body>
Message to_message(std::string from, std::string to, const Body& body) {
  return {std::string(Body::message_name), std::move(from), std::move(to), {}, to_body(body), 0, {}};
}

/// The struct of a message. Errors: unsupported (it is another message), invalid (a member is missing or of
/// another type). Members that the struct does not know are let pass: the sender may be newer.
template <class Body>
base::Result<Body> from_message(const Message& message) {
  if (message.name != Body::message_name) return detail::other_message(message, Body::message_name);
  Body body;
  std::optional<base::Error> wrong;
  boost::mp11::mp_for_each<detail::Members<Body>>([&](auto member) {
    const auto* value = message.body.if_contains(member.name);
    if (!wrong && (!value || !detail::read_member(*value, body.*member.pointer)))
      wrong = detail::bad_member(message, member.name, value == nullptr);
  });
  if (wrong) return *wrong;
  return body;
}

}  // namespace watchrig::platform
