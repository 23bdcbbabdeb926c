#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "system/base/clock.hpp"
#include "system/central/field_error.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// Reads the members of a JSON object one by one and keeps the first thing that is wrong, with the field's
/// name.
class FieldReader {
 public:
  explicit FieldReader(const boost::json::object& object, std::string prefix = {})
      : object_(object), prefix_(std::move(prefix)) {}

  /// The text of a member; `fallback` when it is missing. A member of another type is refused.
  std::string text(const std::string& name, std::optional<std::string> fallback = std::nullopt);
  bool flag(const std::string& name, bool fallback);
  /// A whole number, whatever its size; `fallback` when it is missing.
  std::int64_t number(const std::string& name, std::int64_t fallback);
  /// The texts of a list; none when it is missing.
  std::vector<std::string> texts(const std::string& name);
  /// A whole number within the limits; a missing one is refused.
  std::int64_t number(const std::string& name, std::int64_t least, std::int64_t most);
  /// Any number; `fallback` when it is missing.
  double real(const std::string& name, double fallback);
  /// A time in UTC; a missing one is refused.
  base::UtcTime time(const std::string& name);
  /// The object that is a member, or an empty one.
  boost::json::object object(const std::string& name);
  /// A member that the caller reads by itself.
  void known(const std::string& name) { known_.push_back(name); }
  /// A member of any type; null when it is missing.
  const boost::json::value* member(const std::string& name);
  /// Takes over what a reader of a part has found wrong.
  void adopt(const central::FieldError& error) {
    if (!error_) error_ = error;
  }
  /// Refuses its being missing.
  void require(const std::string& name);
  /// Refuses members that nobody asked for.
  void no_others();
  void refuse(const std::string& name, const std::string& message);

  const std::optional<central::FieldError>& error() const { return error_; }

 protected:
  void fail(central::FieldError error) { error_ = std::move(error); }

 private:
  const boost::json::object& object_;
  std::string prefix_;
  std::vector<std::string> known_;
  std::optional<central::FieldError> error_;
};

/// Reads the members of a request's JSON body; a body that is no JSON object is the first thing that is
/// wrong.
class BodyFields : public FieldReader {
 public:
  explicit BodyFields(const http::Request& request);
  BodyFields(const BodyFields&) = delete;
  BodyFields& operator=(const BodyFields&) = delete;

  const boost::json::object& body() const { return body_; }

 private:
  boost::json::object body_;
};

http::Response error_response(const central::FieldError& error);

/// A period of time, [from, to).
struct Period {
  base::UtcTime from;
  base::UtcTime to;
};

/// The query's from and to; missing ones are 1970 and 2200 when `open` allows it.
central::FieldResult<Period> period_of(const http::Request& request, bool open);

/// A whole number of the query, or `fallback` when it is missing.
central::FieldResult<std::int64_t> number_of(const http::Request& request, const std::string& name,
                                             std::int64_t fallback, std::int64_t least, std::int64_t most);

}  // namespace watchrig::api
