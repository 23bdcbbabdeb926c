#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/describe/members.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <fmt/format.h>

#include "reports/model/run_record.hpp"

/// Records to JSON and back, driven by their description (BOOST_DESCRIBE_STRUCT): a field's name in JSON is
/// its name in the struct, so a new field needs one word there and nothing here. Private to reports/.
namespace watchrig::reports::codec {

namespace json = boost::json;
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

/// Reading stops at the first field that does not fit; `path` then names it, `scenarios[3].steps[0].begin`.
struct Reader {
  std::string path;
  std::string problem;

  bool fail(const char* expected, const json::value& found);
};

/// Text as valid UTF-8.
std::string valid_utf8(std::string_view text);

json::value write(const std::string& text);
json::value write(bool value);
json::value write(int value);
json::value write(std::uint64_t value);
json::value write(double value);  ///< not a number and infinity become null
json::value write(base::UtcTime time);
json::value write(Verdict verdict);
json::value write(EvidenceKind kind);
json::value write(Tone tone);
json::value write(const Point& point);

bool read(Reader& reader, const json::value& from, std::string& text);
bool read(Reader& reader, const json::value& from, bool& value);
bool read(Reader& reader, const json::value& from, int& value);
bool read(Reader& reader, const json::value& from, std::uint64_t& value);
bool read(Reader& reader, const json::value& from, double& value);
bool read(Reader& reader, const json::value& from, base::UtcTime& time);
bool read(Reader& reader, const json::value& from, Verdict& verdict);
bool read(Reader& reader, const json::value& from, EvidenceKind& kind);
bool read(Reader& reader, const json::value& from, Tone& tone);
bool read(Reader& reader, const json::value& from, Point& point);

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

template <Described T>
json::value write(const T& record);
template <class T>
json::value write(const std::vector<T>& entries) {
  json::array array;
  array.reserve(entries.size());
  for (const T& entry : entries) array.push_back(write(entry));
  return array;
}
template <class T>
json::value write(const std::optional<T>& value) {
  return value ? write(*value) : json::value();
}
template <Described T>
json::value write(const T& record) {
  json::object object;
  boost::mp11::mp_for_each<Members<T>>(
      [&](auto member) { object[member.name] = write(record.*member.pointer); });
  return object;
}

template <Described T>
bool read(Reader& reader, const json::value& from, T& record);
template <class T>
bool read(Reader& reader, const json::value& from, std::vector<T>& entries) {
  const json::array* array = from.if_array();
  if (!array) return reader.fail("a list", from);
  entries.resize(array->size());
  const std::size_t length = reader.path.size();
  for (std::size_t i = 0; i < array->size(); ++i) {
    reader.path += fmt::format("[{}]", i);
    if (!read(reader, (*array)[i], entries[i])) return false;
    reader.path.resize(length);
  }
  return true;
}
template <class T>
bool read(Reader& reader, const json::value& from, std::optional<T>& value) {
  if (from.is_null()) return true;
  return read(reader, from, value.emplace());
}
template <Described T>
bool read(Reader& reader, const json::value& from, T& record) {
  const json::object* object = from.if_object();
  if (!object) return reader.fail("an object", from);
  const std::size_t length = reader.path.size();
  bool good = true;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    const json::value* field = good ? object->if_contains(member.name) : nullptr;
    if (!field) return;
    reader.path += length == 0 ? member.name : fmt::format(".{}", member.name);
    good = read(reader, *field, record.*member.pointer);
    if (good) reader.path.resize(length);
  });
  return good;
}

}  // namespace watchrig::reports::codec
