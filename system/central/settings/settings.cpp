#include "system/central/settings/settings.hpp"

#include <algorithm>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace json = boost::json;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE setting(section TEXT PRIMARY KEY, changed TEXT NOT NULL, revision INTEGER NOT NULL) "
    "WITHOUT "
    "ROWID"};

std::string whole_name(std::string_view section, std::string_view field) {
  return fmt::format("{}.{}", section, field);
}

const SettingSection* find_section(const std::vector<SettingSection>& sections, std::string_view name) {
  const auto it = std::ranges::find(sections, name, &SettingSection::name);
  return it == sections.end() ? nullptr : &*it;
}

std::string all_names(const std::vector<SettingSection>& sections) {
  std::string names;
  for (const auto& section : sections) {
    for (const auto& field : section.fields)
      names += (names.empty() ? "" : ", ") + whole_name(section.name, field.name);
  }
  return names;
}

Error to_error(const FieldError& error, std::string_view section) {
  return Error(error.error).within(section);
}

}  // namespace

const SettingField* SettingSection::find(std::string_view field) const {
  const auto it = std::ranges::find(fields, field, &SettingField::name);
  return it == fields.end() ? nullptr : &*it;
}

const SettingField* SettingSection::secret() const {
  const auto it = std::ranges::find(fields, true, &SettingField::secret);
  return it == fields.end() ? nullptr : &*it;
}

Result<> fix_setting(FixedSettings& fixed, std::string_view name, std::string_view text) {
  const auto sections = setting_sections();
  const auto dot = name.rfind('.');
  const auto* section = dot == std::string_view::npos ? nullptr : find_section(sections, name.substr(0, dot));
  const auto* field = section ? section->find(name.substr(dot + 1)) : nullptr;
  if (!field) {
    return Error{ErrorKind::invalid,
                 fmt::format("\"{}\" is no setting; there are threads, log.level, "
                             "product.profile, product.ports, host.network, host.namespace, "
                             "host.resolver, {}",
                             name, all_names(sections))};
  }
  auto value = field->parse(text);
  if (!value) return to_error(value.error(), section->name);
  fixed[std::string(name)] = std::move(*value);
  return {};
}

Result<> check_settings(const FixedSettings& fixed, const Product& product) {
  const auto sections = setting_sections(product);
  for (const auto& [name, value] : fixed) {
    const auto dot = name.rfind('.');
    const auto* section = find_section(sections, std::string_view(name).substr(0, dot));
    const auto allowed = section->find(std::string_view(name).substr(dot + 1))->check_fixed(value);
    if (allowed) continue;
    return to_error(allowed.error(), section->name)
        .within(fmt::format("product.profile={}", product.profile->name));
  }
  return {};
}

Settings::Settings(platform::SqliteDatabase database, const platform::SecretVault& vault, FixedSettings fixed,
                   std::vector<SettingSection> sections)
    : vault_(vault),
      fixed_(std::move(fixed)),
      sections_(std::move(sections)),
      database_(std::move(database)) {
  for (const auto& section : sections_) {
    auto& entry = entries_[section.name];
    entry.section = &section;
    if (section.rule) entry.rules.push_back(section.rule);
  }
}

Result<std::unique_ptr<Settings>> Settings::open(const std::filesystem::path& file,
                                                 const platform::SecretVault& vault, FixedSettings fixed,
                                                 std::vector<SettingSection> sections) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<Settings> settings(
      new Settings(std::move(*database), vault, std::move(fixed), std::move(sections)));
  if (const auto loaded = settings->load(); !loaded) return Error(loaded.error()).within(file.string());
  if (const auto checked = settings->check_fixed(); !checked) return checked.error();
  return settings;
}

Result<> Settings::load() {
  auto select = database_.prepare("SELECT section, changed, revision FROM setting");
  if (!select) return select.error();
  for (;;) {
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return {};
    const auto it = entries_.find(select->text(0));
    if (it == entries_.end()) continue;  // of a section that this program has no more
    json::error_code failure;
    const auto stored = json::parse(select->text(1), failure);
    if (failure || !stored.is_object()) {
      return Error{ErrorKind::corrupt,
                   fmt::format("the settings \"{}\" are damaged; start vmsd with "
                               "--restore-backup, or remove the file to begin with defaults",
                               it->first)};
    }
    auto changed = unsealed(*it->second.section, stored.as_object());
    if (!changed) return changed.error();
    it->second.changed = std::move(*changed);
    it->second.revision = select->integer(2);
  }
}

Result<> Settings::check_fixed() const {
  for (const auto& [name, value] : fixed_) {
    const auto& fixed = entry(std::string_view(name).substr(0, name.rfind('.')));
    if (const auto kept = keeps_rules(fixed, values_of(fixed, fixed.changed).values); !kept)
      return to_error(kept.error(), fixed.section->name);
  }
  return {};
}

FieldResult<void> Settings::keeps_rules(const Entry& entry, const json::object& values) {
  for (const auto& rule : entry.rules) {
    if (auto kept = rule(values); !kept) return kept;
  }
  return {};
}

/// Else whoever may set the address could have a secret sent to themselves.
FieldResult<void> Settings::keeps_secret(const SettingSection& section, const Change& change,
                                         const json::object& patch) {
  const auto* secret = section.secret();
  if (!secret || change.before.values.at(secret->name).as_string().empty() || patch.contains(secret->name))
    return {};
  for (const auto& field : section.secret_goes_by) {
    if (change.before.values.at(field) == change.after.values.at(field)) continue;
    return FieldError{
        secret->name,
        {ErrorKind::invalid, fmt::format("{} must be given again when {} changes", secret->name, field)}};
  }
  return {};
}

const Settings::Entry& Settings::entry(std::string_view section) const {
  const auto it = entries_.find(section);
  if (it == entries_.end()) throw std::logic_error(fmt::format("no settings \"{}\"", section));
  return it->second;
}

Settings::Values Settings::values_of(const Entry& entry, const json::object& changed) const {
  Values result{{}, entry.revision};
  for (const auto& field : entry.section->fields) {
    const auto fixed = fixed_.find(whole_name(entry.section->name, field.name));
    const auto* own = changed.if_contains(field.name);
    result.values[field.name] = fixed != fixed_.end() ? fixed->second : own ? *own : field.fallback;
  }
  return result;
}

Settings::Values Settings::values(std::string_view section) const {
  const std::lock_guard lock(mutex_);
  const auto& found = entry(section);
  return values_of(found, found.changed);
}

bool Settings::flag(std::string_view section, std::string_view field) const {
  return values(section).values.at(field).as_bool();
}

std::int64_t Settings::number(std::string_view section, std::string_view field) const {
  return values(section).values.at(field).as_int64();
}

std::string Settings::text(std::string_view section, std::string_view field) const {
  return std::string(values(section).values.at(field).as_string());
}

bool Settings::is_fixed(std::string_view section, std::string_view field) const {
  return fixed_.contains(whole_name(section, field));
}

FieldResult<void> Settings::check(const Entry& entry, const json::object& patch) const {
  for (const auto& member : patch) {
    const std::string name(member.key());
    const auto* field = entry.section->find(name);
    if (!field) {
      return FieldError{
          name, {ErrorKind::invalid, fmt::format("\"{}\" has no setting \"{}\"", entry.section->name, name)}};
    }
    if (is_fixed(entry.section->name, name)) {
      return FieldError{name,
                        {ErrorKind::conflict, fmt::format("{} was given when the server was started "
                                                          "(--set or --config); change it there",
                                                          name)}};
    }
    // One that stays as it was may come from a product profile with other limits.
    const auto checked = field->check(member.value());
    if (!checked && values_of(entry, entry.changed).values.at(name) != member.value()) return checked;
  }
  return {};
}

FieldResult<Settings::Change> Settings::change(std::string_view section, const json::object& patch,
                                               std::optional<std::int64_t> revision) {
  const std::lock_guard one_at_a_time(changing_);
  Change change;
  std::vector<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(section);
    if (it == entries_.end())
      return FieldError{{}, {ErrorKind::not_found, fmt::format("there are no settings \"{}\"", section)}};
    Entry& found = it->second;
    change.before = values_of(found, found.changed);
    if (revision && *revision != found.revision) {
      return FieldError{
          "If-Match",
          {ErrorKind::conflict, "somebody has changed these settings meanwhile: read them again"}};
    }
    if (const auto checked = check(found, patch); !checked) return checked.error();
    auto changed = found.changed;
    for (const auto& member : patch) changed[member.key()] = member.value();
    change.after = values_of(found, changed);
    if (const auto kept = keeps_secret(*found.section, change, patch); !kept) return kept.error();
    if (const auto kept = keeps_rules(found, change.after.values); !kept) return kept.error();
    change.after.revision = found.revision + 1;
    if (const auto stored = store(found, changed, change.after.revision); !stored)
      return FieldError{{}, stored.error()};
    found.changed = std::move(changed);
    found.revision = change.after.revision;
    listeners = found.listeners;
  }
  for (const auto& listener : listeners) listener(change);
  return change;
}

Result<> Settings::store(const Entry& entry, const json::object& changed, std::int64_t revision) {
  const auto kept = sealed(*entry.section, changed);
  if (!kept) return kept.error();
  auto write = database_.prepare("INSERT OR REPLACE INTO setting VALUES(?, ?, ?)");
  if (!write) return write.error();
  const std::string text = json::serialize(*kept);
  return write->bind(std::string_view(entry.section->name), std::string_view(text), revision).run();
}

Result<json::object> Settings::sealed(const SettingSection& section, json::object values) const {
  for (const auto& field : section.fields) {
    auto* value = field.secret ? values.if_contains(field.name) : nullptr;
    if (!value) continue;
    const auto text = vault_.seal(std::string_view(value->as_string()), whole_name(section.name, field.name));
    if (!text) return text.error();
    *value = *text;
  }
  return values;
}

Result<json::object> Settings::unsealed(const SettingSection& section, json::object values) const {
  for (const auto& field : section.fields) {
    auto* value = values.if_contains(field.name);
    if (!value) continue;
    if (field.secret && value->is_string()) {
      const auto name = whole_name(section.name, field.name);
      const auto text = vault_.open_sealed(std::string_view(value->as_string()), name);
      if (!text) base::log_error("setting {}: {}", name, text.error().message);
      *value = text ? *text : std::string();
    }
    // Another version of the program may have had other limits.
    if (const auto checked = field.check_stored(*value); !checked) {
      base::log_warning("setting {} is its default: {}", whole_name(section.name, field.name),
                        checked.error().error.message);
      values.erase(field.name);
    }
  }
  return values;
}

void Settings::add_rule(std::string_view section, SettingSection::Rule rule) {
  (void)entry(section);
  entries_.find(section)->second.rules.push_back(std::move(rule));
}

void Settings::listen(std::string_view section, Listener listener) {
  (void)entry(section);
  entries_.find(section)->second.listeners.push_back(std::move(listener));
}

json::object Settings::shown(const SettingSection& section, const json::object& values) {
  json::object result;
  for (const auto& field : section.fields) {
    const auto& value = values.at(field.name);
    if (field.secret) {
      result[field.name + "_set"] = !value.as_string().empty();
    } else {
      result[field.name] = value;
    }
  }
  return result;
}

}  // namespace watchrig::central
