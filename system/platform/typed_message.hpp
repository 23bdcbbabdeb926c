#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/array.hpp>
#include <boost/mp11/algorithm.hpp>

#include "system/platform/message_bus.hpp"

namespace watchrig::platform {

namespace detail {
template <class Body>
using Members = boost::describe::describe_members<Body, boost::describe::mod_public>;

/// What is wrong with a body.
struct BadMember {
  const char* name;
  bool missing;
};
template <class Body>
std::optional<BadMember> read_members(const boost::json::object& from, Body& to);
template <class Body>
boost::json::object write_members(const Body& body);

// One for each type that a member of a message may have; false for a value of another type.
bool read_member(const boost::json::value& from, std::string& to);
bool read_member(const boost::json::value& from, bool& to);
bool read_member(const boost::json::value& from, std::int64_t& to);
bool read_member(const boost::json::value& from, double& to);
bool read_member(const boost::json::value& from, base::UtcTime& to);
bool read_member(const boost::json::value& from, std::vector<std::string>& to);
bool read_member(const boost::json::value& from, boost::json::object& to);
/// What is described itself.
template <class Part>
requires boost::describe::has_describe_members<Part>::value bool read_member(const boost::json::value& from,
                                                                             Part& to) {
  const auto* part = from.if_object();
  return part && !read_members(*part, to);
}
/// A list of that.
template <class Part>
bool read_member(const boost::json::value& from, std::vector<Part>& to) {
  const auto* list = from.if_array();
  if (!list) return false;
  to.resize(list->size());
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!read_member((*list)[i], to[i])) return false;
  }
  return true;
}
/// May be left out.
template <class Value>
bool read_member(const boost::json::value& from, std::optional<Value>& to) {
  return read_member(from, to.emplace());
}
template <class Value>
inline constexpr bool may_be_missing = false;
template <class Value>
inline constexpr bool may_be_missing<std::optional<Value>> = true;
boost::json::value write_member(const std::vector<std::string>& texts);
boost::json::value write_member(base::UtcTime time);
inline boost::json::value write_member(const std::string& text) {
  return boost::json::value(boost::json::string_view(text));
}
inline boost::json::value write_member(bool flag) { return flag; }
inline boost::json::value write_member(std::int64_t number) { return number; }
inline boost::json::value write_member(double number) { return number; }
inline boost::json::value write_member(const boost::json::object& object) { return object; }
template <class Part>
requires boost::describe::has_describe_members<Part>::value boost::json::value write_member(
    const Part& part) {
  return write_members(part);
}
template <class Part>
boost::json::value write_member(const std::vector<Part>& parts) {
  boost::json::array list;
  list.reserve(parts.size());
  for (const auto& part : parts) list.push_back(write_member(part));
  return list;
}
template <class Value>
void write_member_into(boost::json::object& object, const char* name, const Value& value) {
  object[name] = write_member(value);
}
template <class Value>
void write_member_into(boost::json::object& object, const char* name, const std::optional<Value>& value) {
  if (value) object[name] = write_member(*value);
}
base::Error bad_member(const Message& message, BadMember bad);
base::Error other_message(const Message& message, std::string_view wanted);

template <class Body>
std::optional<BadMember> read_members(const boost::json::object& from, Body& to) {
  std::optional<BadMember> bad;
  boost::mp11::mp_for_each<Members<Body>>([&](auto member) {
    auto& place = to.*member.pointer;
    const auto* value = from.if_contains(member.name);
    const bool needed = value || !may_be_missing<std::remove_reference_t<decltype(place)>>;
    if (!bad && needed && (!value || !read_member(*value, place))) bad = {member.name, value == nullptr};
  });
  return bad;
}

template <class Body>
boost::json::object write_members(const Body& body) {
  boost::json::object object;
  boost::mp11::mp_for_each<Members<Body>>(
      [&](auto member) { write_member_into(object, member.name, body.*member.pointer); });
  return object;
}
}  // namespace detail

/// The body of a message whose struct is described (BOOST_DESCRIBE_STRUCT): a member's name in JSON is its
/// name in the struct, a time is RFC 3339 to the nanosecond, an optional member without a value is left out.
template <class Body>
boost::json::object to_body(const Body& body) {
  return detail::write_members(body);
}

/// A message of that struct, which has its name in H.626.4 as `message_name`, and that of its answer, where
/// it has one of its own, as `answer_name`.
template <class Body>
Message to_message(std::string from, std::string to, const Body& body) {
  Message message{std::string(Body::message_name), std::move(from), std::move(to), {}, to_body(body), 0, {}};
  if constexpr (requires { Body::answer_name; }) message.answer = Body::answer_name;
  return message;
}

/// The struct of a message. Errors: unsupported (it is another message), invalid (a member is missing or of
/// another type). Members that the struct does not know are let pass: the sender may be newer.
template <class Body>
base::Result<Body> from_message(const Message& message) {
  if (message.name != Body::message_name) return detail::other_message(message, Body::message_name);
  Body body;
  if (const auto bad = detail::read_members(message.body, body)) return detail::bad_member(message, *bad);
  return body;
}

/// The struct of the answer to a message. Errors: invalid, as above.
template <class Body>
base::Result<Body> from_answer(const Message& asked, const boost::json::object& answer) {
  Body body;
  if (const auto bad = detail::read_members(answer, body))
    return detail::bad_member(answer_to(asked, {}), *bad);
  return body;
}

}  // namespace watchrig::platform
