#include "system/central/settings/setting_field.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "system/base/text.hpp"

namespace watchrig::central {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_entry = 255;
constexpr std::string_view port_suffix = "port";

FieldError refuse(const SettingField& field, std::string_view rule) {
  return {field.name, {base::ErrorKind::invalid, fmt::format("{} must be {}", field.name, rule)}};
}

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_entry(const json::value& value) {
  return value.is_string() && !value.as_string().empty() && value.as_string().size() <= longest_entry &&
         is_plain(value.as_string());
}

FieldResult<void> check_number(const SettingField& field, const json::value& value) {
  if (!value.is_int64() || value.as_int64() < field.least || value.as_int64() > field.most)
    return refuse(field, fmt::format("a whole number from {} to {}", field.least, field.most));
  return {};
}

FieldResult<void> check_text(const SettingField& field, const json::value& value) {
  if (!value.is_string() || static_cast<std::int64_t>(value.as_string().size()) > field.most ||
      !is_plain(value.as_string()))
    return refuse(field, fmt::format("a text of at most {} bytes without control characters", field.most));
  return {};
}

FieldResult<void> check_choice(const SettingField& field, const json::value& value) {
  if (!value.is_string() ||
      std::ranges::find(field.choices, std::string_view(value.as_string())) == field.choices.end())
    return refuse(field, fmt::format("one of {}", fmt::join(field.choices, ", ")));
  return {};
}

FieldResult<void> check_texts(const SettingField& field, const json::value& value) {
  if (!value.is_array() || static_cast<std::int64_t>(value.as_array().size()) > field.most ||
      !std::ranges::all_of(value.as_array(), is_entry))
    return refuse(field,
                  fmt::format("a list of at most {} texts of 1 to {} bytes", field.most, longest_entry));
  return {};
}

}  // namespace

FieldResult<void> SettingField::check(const json::value& value) const {
  switch (kind) {
    case Kind::flag:
      if (!value.is_bool()) return refuse(*this, "true or false");
      return {};
    case Kind::number:
      return check_number(*this, value);
    case Kind::text:
      return check_text(*this, value);
    case Kind::choice:
      return check_choice(*this, value);
    case Kind::texts:
      return check_texts(*this, value);
  }
  return {};
}

FieldResult<void> SettingField::check_stored(const json::value& value) const {
  if (!least_stored) return check(value);
  SettingField before = *this;
  before.least = *least_stored;
  return before.check(value);
}

FieldResult<void> SettingField::check_fixed(const json::value& value) const {
  if (kind == Kind::number && value == 0 && name.ends_with(port_suffix)) return {};
  return check(value);
}

FieldResult<json::value> SettingField::parse(std::string_view text) const {
  json::value value(json::string_view(text.data(), text.size()));
  if (kind == Kind::flag && (text == "true" || text == "false")) value = text == "true";
  if (kind == Kind::number) {
    if (const auto number = base::parse_number<std::int64_t>(text)) value = *number;
  }
  if (kind == Kind::texts) {
    json::array entries;
    if (!text.empty()) {
      for (const auto entry : base::split(text, ',')) entries.push_back(json::string(entry));
    }
    value = std::move(entries);
  }
  if (const auto checked = check_fixed(value); !checked) return checked.error();
  return value;
}

SettingField flag_setting(std::string name, bool fallback, std::string meaning) {
  return {std::move(name), SettingField::Kind::flag, fallback, 0, 0, {}, std::move(meaning)};
}

SettingField number_setting(std::string name, std::int64_t fallback, std::int64_t least, std::int64_t most,
                            std::string meaning) {
  return {std::move(name), SettingField::Kind::number, fallback, least, most, {}, std::move(meaning)};
}

SettingField port_setting(std::string name, std::uint16_t fallback, std::string meaning) {
  return number_setting(std::move(name), fallback, 1, 65535, std::move(meaning));
}

SettingField text_setting(std::string name, std::string fallback, std::int64_t most_bytes,
                          std::string meaning) {
  return {std::move(name),   SettingField::Kind::text, json::string(fallback), 0, most_bytes, {},
          std::move(meaning)};
}

SettingField secret_setting(std::string name, std::int64_t most_bytes, std::string meaning) {
  auto field = text_setting(std::move(name), {}, most_bytes, std::move(meaning));
  field.secret = true;
  return field;
}

SettingField choice_setting(std::string name, std::vector<std::string> choices, std::string meaning) {
  json::string first(choices.front());
  return {std::move(name),    SettingField::Kind::choice, std::move(first), 0, 0,
          std::move(choices), std::move(meaning)};
}

SettingField texts_setting(std::string name, std::int64_t most, std::string meaning) {
  return {std::move(name), SettingField::Kind::texts, json::array(), 0, most, {}, std::move(meaning)};
}

}  // namespace watchrig::central
