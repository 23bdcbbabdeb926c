#include "system/central/access/access_filter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/plain_address.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;
using List = AccessEntry::List;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE access_entry(id INTEGER PRIMARY KEY AUTOINCREMENT, list TEXT NOT NULL, first TEXT NOT NULL,"
    " last TEXT NOT NULL, mac TEXT NOT NULL);"
    "CREATE TABLE access_mode(mode TEXT NOT NULL);"
    "INSERT INTO access_mode VALUES('allow_all')"};

constexpr AccessFilter::Mode modes[] = {AccessFilter::Mode::allow_all, AccessFilter::Mode::reject_list,
                                        AccessFilter::Mode::allow_list};

Error not_found(const std::string& id) {
  return {ErrorKind::not_found, fmt::format("there is no entry \"{}\" in the access filter", id)};
}

bool same(const AccessEntry& a, const AccessEntry& b) {
  return a.list == b.list && a.first == b.first && a.last == b.last && a.mac == b.mac;
}

std::string text_of(const AccessFilter::Address& address, const AccessEntry& entry) {
  return entry.mac ? std::string() : address.to_string();
}

bool is_this_machine(const AccessFilter::Address& address) {
  return address == boost::asio::ip::address_v4::loopback() ||
         address == boost::asio::ip::address_v6::loopback();
}

}  // namespace

std::string_view to_string(AccessFilter::Mode mode) {
  switch (mode) {
    case AccessFilter::Mode::allow_all:
      return "allow_all";
    case AccessFilter::Mode::reject_list:
      return "reject_list";
    case AccessFilter::Mode::allow_list:
      break;
  }
  return "allow_list";
}

std::optional<AccessFilter::Mode> mode_from(std::string_view text) {
  for (const auto mode : modes) {
    if (text == to_string(mode)) return mode;
  }
  return std::nullopt;
}

Result<std::unique_ptr<AccessFilter>> AccessFilter::open(const std::filesystem::path& file,
                                                         Neighbours neighbours) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<AccessFilter> filter(new AccessFilter(std::move(*database), std::move(neighbours)));
  if (auto loaded = filter->load(); !loaded) return loaded.error();
  return filter;
}

Result<> AccessFilter::load() {
  Rules rules;
  auto mode = database_.prepare("SELECT mode FROM access_mode");
  if (!mode) return mode.error();
  if (const auto row = mode->step(); !row) return row.error();
  rules.mode = mode_from(mode->text(0)).value_or(Mode::allow_all);
  auto select = database_.prepare("SELECT id, list, first, last, mac FROM access_entry ORDER BY id");
  if (!select) return select.error();
  for (;;) {
    const auto more = select->step();
    if (!more) return more.error();
    if (!*more) break;
    AccessEntry entry;
    boost::system::error_code ignored;
    entry.list = select->text(1) == "allow" ? List::allow : List::reject;
    entry.first = boost::asio::ip::make_address(select->text(2), ignored);
    entry.last = boost::asio::ip::make_address(select->text(3), ignored);
    entry.mac = platform::parse_mac(select->text(4));
    entry.id = std::to_string(select->integer(0));
    rules.entries.push_back(std::move(entry));
  }
  const std::lock_guard lock(mutex_);
  rules_ = std::make_shared<const Rules>(std::move(rules));
  return {};
}

std::shared_ptr<const AccessFilter::Rules> AccessFilter::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

AccessFilter::Mode AccessFilter::mode() const { return rules()->mode; }

std::vector<AccessEntry> AccessFilter::entries() const { return rules()->entries; }

bool AccessFilter::names(const AccessEntry& entry, const Address& source,
                         const std::optional<platform::MacAddress>& mac) const {
  if (entry.mac) return mac == entry.mac;
  return source.is_v4() == entry.first.is_v4() && entry.first <= source && source <= entry.last;
}

bool AccessFilter::admits(const Address& source) const { return admits(*rules(), source); }

bool AccessFilter::admits(const Rules& rules, Address source) const {
  source = base::plain_address(source);
  if (rules.mode == Mode::allow_all || is_this_machine(source)) return true;
  const auto list = rules.mode == Mode::allow_list ? List::allow : List::reject;
  const auto counts = [&](const AccessEntry& entry) { return entry.list == list; };
  // The kernel is asked only where its answer matters.
  const bool by_mac = std::ranges::any_of(
      rules.entries, [&](const AccessEntry& entry) { return counts(entry) && entry.mac.has_value(); });
  const auto mac = by_mac ? neighbours_(source) : std::nullopt;
  const bool named = std::ranges::any_of(
      rules.entries, [&](const AccessEntry& entry) { return counts(entry) && names(entry, source, mac); });
  return named == (list == List::allow);
}

Result<> AccessFilter::check(const Rules& next, const Address& by) const {
  if (admits(next, by)) return {};
  return Error{
      ErrorKind::conflict,
      fmt::format("this would refuse your own address {}: allow it first, or do it at the server itself",
                  base::plain_address(by).to_string())};
}

Result<> AccessFilter::set_mode(Mode mode, const Address& by) {
  const std::lock_guard changing(change_mutex_);
  Rules next = *rules();
  next.mode = mode;
  if (auto checked = check(next, by); !checked) return checked;
  auto update = database_.prepare("UPDATE access_mode SET mode=?");
  if (!update) return update.error();
  if (auto done = update->bind(to_string(mode)).run(); !done) return done;
  return load();
}

FieldResult<AccessEntry> AccessFilter::add(AccessEntry entry, const Address& by) {
  const std::lock_guard changing(change_mutex_);
  Rules next = *rules();
  if (next.entries.size() >= most_entries)
    return FieldError{{},
                      {ErrorKind::full, fmt::format("there are {} entries; remove one first", most_entries)}};
  if (std::ranges::any_of(next.entries, [&](const AccessEntry& one) { return same(one, entry); }))
    return FieldError{{}, {ErrorKind::conflict, "such an entry is on the list already"}};
  next.entries.push_back(entry);
  if (auto checked = check(next, by); !checked) return FieldError{{}, checked.error()};
  if (auto stored = store(entry); !stored) return FieldError{{}, stored.error()};
  entry.id = std::to_string(database_.last_insert_id());
  if (auto loaded = load(); !loaded) return FieldError{{}, loaded.error()};
  return entry;
}

FieldResult<void> AccessFilter::change(const AccessEntry& entry, const Address& by) {
  const std::lock_guard changing(change_mutex_);
  Rules next = *rules();
  const auto old = std::ranges::find(next.entries, entry.id, &AccessEntry::id);
  if (old == next.entries.end()) return FieldError{{}, not_found(entry.id)};
  *old = entry;
  if (auto checked = check(next, by); !checked) return FieldError{{}, checked.error()};
  if (auto stored = store(entry); !stored) return FieldError{{}, stored.error()};
  if (auto loaded = load(); !loaded) return FieldError{{}, loaded.error()};
  return {};
}

Result<> AccessFilter::remove(const std::string& id, const Address& by) {
  const std::lock_guard changing(change_mutex_);
  Rules next = *rules();
  if (std::erase_if(next.entries, [&](const AccessEntry& one) { return one.id == id; }) == 0)
    return not_found(id);
  if (auto checked = check(next, by); !checked) return checked;
  auto statement = database_.prepare("DELETE FROM access_entry WHERE id=?");
  if (!statement) return statement.error();
  if (auto done = statement->bind(std::string_view(id)).run(); !done) return done;
  return load();
}

Result<> AccessFilter::store(const AccessEntry& entry) {
  const std::string_view list = entry.list == List::allow ? "allow" : "reject";
  const std::string first = text_of(entry.first, entry);
  const std::string last = text_of(entry.last, entry);
  const std::string mac = entry.mac ? platform::to_string(*entry.mac) : std::string();
  const std::string_view texts[] = {first, last, mac};
  auto statement = database_.prepare(
      entry.id.empty() ? "INSERT INTO access_entry(list, first, last, mac) VALUES(?, ?, ?, ?)"
                       : "UPDATE access_entry SET list=?, first=?, last=?, mac=? WHERE id=?");
  if (!statement) return statement.error();
  if (entry.id.empty()) return statement->bind(list, texts[0], texts[1], texts[2]).run();
  return statement->bind(list, texts[0], texts[1], texts[2], std::string_view(entry.id)).run();
}

}  // namespace watchrig::central
