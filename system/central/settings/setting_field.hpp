#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "system/central/field_error.hpp"

namespace watchrig::central {

/// One value that an operator can set: what it may be, and what it is when nobody has set it.
struct SettingField {
  enum class Kind { flag, number, text, choice, texts };

  std::string name;
  Kind kind = Kind::flag;
  boost::json::value fallback;
  std::int64_t least = 0;  ///< of a number; bytes of a text; of texts how many
  std::int64_t most = 0;
  std::vector<std::string> choices;
  std::string meaning;  ///< with its unit, for the description of the interface
  bool secret = false;  ///< a text that is kept sealed and never shown
  /// Of a number that was stored before, under another product profile or by an older program; else `least`.
  std::optional<std::int64_t> least_stored = {};

  /// A value from a client. Errors: invalid, with the field's name.
  FieldResult<void> check(const boost::json::value& value) const;
  /// A value that somebody set before.
  FieldResult<void> check_stored(const boost::json::value& value) const;
  /// A value that holds as long as the program runs; the number 0 is allowed for ports (any free one).
  FieldResult<void> check_fixed(const boost::json::value& value) const;
  /// A value from the command line or the configuration file. Errors: invalid, with the field's name.
  FieldResult<boost::json::value> parse(std::string_view text) const;
};

SettingField flag_setting(std::string name, bool fallback, std::string meaning);
SettingField number_setting(std::string name, std::int64_t fallback, std::int64_t least, std::int64_t most,
                            std::string meaning);
/// 1 to 65535.
SettingField port_setting(std::string name, std::uint16_t fallback, std::string meaning);
SettingField text_setting(std::string name, std::string fallback, std::int64_t most_bytes,
                          std::string meaning);
SettingField secret_setting(std::string name, std::int64_t most_bytes, std::string meaning);
/// The first choice is the one when nobody has set it.
SettingField choice_setting(std::string name, std::vector<std::string> choices, std::string meaning);
/// Texts of 1 to 255 bytes each.
SettingField texts_setting(std::string name, std::int64_t most, std::string meaning);

}  // namespace watchrig::central
