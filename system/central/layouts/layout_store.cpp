#include "system/central/layouts/layout_store.hpp"

#include <algorithm>
#include <set>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/central/devices/device.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE layout(number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,"
    " parent INTEGER NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL, version INTEGER NOT NULL);"
    "CREATE TABLE picture(layout INTEGER PRIMARY KEY REFERENCES layout(number) ON DELETE CASCADE,"
    " type TEXT NOT NULL, bytes TEXT NOT NULL);"
    "INSERT INTO layout VALUES(1, 0, 0, 'Default', '{}', 1)"};

constexpr std::int64_t default_group = 1;

Error none(LayoutKind kind, std::string_view id) {
  return {ErrorKind::not_found, fmt::format("there is no {} \"{}\"", rule_of(kind).title, id)};
}

/// A view that was made under a profile with more windows keeps those that it has, and gets no others beyond
/// `most`. Both were checked.
FieldResult<void> check_added_windows(const Layout& before, const Layout& after, std::size_t most) {
  if (after.kind != LayoutKind::view) return {};
  const auto numbers_in = [](const Layout& view) {
    std::set<std::int64_t> numbers;
    for (const auto& window : view.content.at("windows").as_array())
      numbers.insert(window.as_object().at("window").as_int64());
    return numbers;
  };
  const auto had = numbers_in(before), has = numbers_in(after);
  if (has.size() > std::max(most, had.size()))
    return FieldError{"windows",
                      {ErrorKind::invalid, fmt::format("a view has at most {} windows, not {}",
                                                       std::max(most, had.size()), has.size())}};
  for (const auto number : has) {
    if (number > static_cast<std::int64_t>(most) && !had.contains(number))
      return FieldError{"windows.window",
                        {ErrorKind::invalid, fmt::format("a window has a number from 1 to {}", most)}};
  }
  return {};
}

bool is_below_group(LayoutKind kind) { return kind == LayoutKind::view_group || kind == LayoutKind::view; }

}  // namespace

Result<std::unique_ptr<LayoutStore>> LayoutStore::open(const std::filesystem::path& file,
                                                       const ProductProfile& profile) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<LayoutStore> store(new LayoutStore(std::move(*database), profile));
  if (const auto loaded = store->load(); !loaded) return loaded.error();
  return store;
}

Result<> LayoutStore::load() {
  auto query = database_.prepare("SELECT number, kind, parent, name, content, version FROM layout");
  if (!query) return query.error();
  for (auto row = query->step();; row = query->step()) {
    if (!row) return row.error();
    if (!*row) return {};
    const auto kind = query->integer(1);
    json::error_code failure;
    const json::value content = json::parse(query->text(4), failure);
    if (kind < 0 || kind > static_cast<std::int64_t>(LayoutKind::icon) || failure || !content.is_object())
      return Error{ErrorKind::corrupt, fmt::format("views and maps: row {} is damaged: put a backup in place",
                                                   query->integer(0))};
    layouts_[query->integer(0)] = {
        static_cast<LayoutKind>(kind), query->integer(0), query->integer(2), query->text(3),
        content.get_object(),          query->integer(5)};
  }
}

const Layout* LayoutStore::find_locked(LayoutKind kind, std::string_view id) const {
  const auto it = layouts_.find(number_of_id(id, rule_of(kind).letter));
  return it == layouts_.end() || it->second.kind != kind ? nullptr : &it->second;
}

std::vector<Layout> LayoutStore::all(LayoutKind kind) const {
  const std::lock_guard lock(mutex_);
  std::vector<Layout> list;
  for (const auto& [number, layout] : layouts_) {
    if (layout.kind == kind) list.push_back(layout);
  }
  return list;
}

Result<Layout> LayoutStore::find(LayoutKind kind, std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const Layout* layout = find_locked(kind, id);
  if (!layout) return none(kind, id);
  return *layout;
}

namespace {

/// That the items of a map have.
std::set<std::string> icons_of(const Layout& layout) {
  std::set<std::string> icons;
  const auto* items = layout.kind == LayoutKind::map ? layout.content.if_contains("items") : nullptr;
  for (std::size_t i = 0; items && i < items->as_array().size(); ++i) {
    const auto* icon = items->as_array()[i].as_object().if_contains("icon");
    if (icon) icons.emplace(icon->as_string());
  }
  return icons;
}

}  // namespace

FieldResult<void> LayoutStore::check_place(const Layout& layout, bool is_new) const {
  const auto& rule = rule_of(layout.kind);
  const auto before = is_new ? std::set<std::string>() : icons_of(layouts_.at(layout.number));
  for (const auto& icon : icons_of(layout)) {
    if (!before.contains(icon) && !find_locked(LayoutKind::icon, icon))
      return FieldError{"items.icon", {ErrorKind::not_found, fmt::format("there is no icon \"{}\"", icon)}};
  }
  std::size_t count = 0;
  for (const auto& [number, other] : layouts_) {
    if (other.kind != layout.kind) continue;
    ++count;
    if (number != layout.number && other.parent == layout.parent && other.name == layout.name) {
      return FieldError{
          "name", {ErrorKind::conflict, fmt::format("another {} is named \"{}\"", rule.title, layout.name)}};
    }
  }
  if (is_new && count >= rule.most)
    return FieldError{
        {}, {ErrorKind::full, fmt::format("there are {} {}s already; remove one", rule.most, rule.title)}};
  if (layout.parent == 0) {
    if (layout.kind != LayoutKind::view) return {};
    return FieldError{"group", {ErrorKind::invalid, "a view is in a group"}};
  }
  const auto parent = layouts_.find(layout.parent);
  if (!is_below_group(layout.kind) || parent == layouts_.end() ||
      parent->second.kind != LayoutKind::view_group)
    return FieldError{"group",
                      {ErrorKind::not_found, fmt::format("there is no view group \"g{}\"", layout.parent)}};
  const bool has_groups = std::ranges::any_of(layouts_, [&](const auto& other) {
    return other.second.kind == LayoutKind::view_group && other.second.parent == layout.number;
  });
  if (layout.kind == LayoutKind::view_group &&
      (parent->second.parent != 0 || has_groups || layout.parent == layout.number))
    return FieldError{"group", {ErrorKind::full, "view groups are nested at most two deep"}};
  return {};
}

Result<> LayoutStore::write(const Layout& layout) {
  auto row = database_.prepare("UPDATE layout SET parent=?, name=?, content=?, version=? WHERE number=?");
  if (!row) return row.error();
  const std::string content = json::serialize(layout.content);
  return row->bind(layout.parent, layout.name, content, layout.version, layout.number).run();
}

FieldResult<Layout> LayoutStore::add(Layout layout) {
  if (auto valid = check_layout(layout, profile_.most_windows); !valid) return valid.error();
  const std::lock_guard lock(mutex_);
  layout.number = -1;
  layout.version = 1;
  if (auto fits = check_place(layout, true); !fits) return fits.error();
  auto row = database_.prepare("INSERT INTO layout(kind, parent, name, content, version) VALUES(?,?,?,?,1)");
  if (!row) return FieldError{{}, row.error()};
  const std::string content = json::serialize(layout.content);
  row->bind(static_cast<std::int64_t>(layout.kind), layout.parent, layout.name, content);
  if (const auto done = row->run(); !done) return FieldError{{}, done.error()};
  layout.number = database_.last_insert_id();
  layouts_[layout.number] = layout;
  return layout;
}

FieldResult<Layout> LayoutStore::change(LayoutKind kind, std::string_view id, const Change& change) {
  const std::lock_guard lock(mutex_);
  const Layout* before = find_locked(kind, id);
  if (!before) return FieldError{{}, none(kind, id)};
  Layout layout = *before;
  if (auto done = change(layout); !done) return done.error();
  ++layout.version;
  if (auto valid = check_layout(layout, std::max(profile_.most_windows, highest_window(*before))); !valid)
    return valid.error();
  if (auto valid = check_added_windows(*before, layout, profile_.most_windows); !valid) return valid.error();
  if (auto fits = check_place(layout, false); !fits) return fits.error();
  if (const auto done = write(layout); !done) return FieldError{{}, done.error()};
  layouts_[layout.number] = layout;
  return layout;
}

std::vector<std::int64_t> LayoutStore::with_children(const Layout& layout) const {
  std::vector<std::int64_t> numbers{layout.number};
  for (std::size_t i = 0; i < numbers.size() && layout.kind == LayoutKind::view_group; ++i) {
    for (const auto& [number, other] : layouts_) {
      if (is_below_group(other.kind) && other.parent == numbers[i]) numbers.push_back(number);
    }
  }
  return numbers;
}

FieldResult<void> LayoutStore::remove(LayoutKind kind, std::string_view id, bool with_content,
                                      const Change& may) {
  const std::lock_guard lock(mutex_);
  const Layout* layout = find_locked(kind, id);
  if (!layout) return FieldError{{}, none(kind, id)};
  if (may) {
    Layout copy = *layout;
    if (auto allowed = may(copy); !allowed) return allowed;
  }
  if (layout->number == default_group)
    return FieldError{{}, {ErrorKind::denied, "the default view group stays"}};
  if (layout->kind == LayoutKind::icon) {
    for (const auto& [number, other] : layouts_) {
      if (!icons_of(other).contains(std::string(id))) continue;
      return FieldError{
          {},
          {ErrorKind::conflict, fmt::format("map \"{}\" uses this icon: take it away there", other.name)}};
    }
  }
  const auto numbers = with_children(*layout);
  if (numbers.size() > 1 && !with_content) {
    return FieldError{{},
                      {ErrorKind::conflict,
                       fmt::format("{} views and groups in \"{}\" would go too: ask with ?with_views=true",
                                   numbers.size() - 1, layout->name)}};
  }
  auto done = database_.execute("BEGIN");
  auto row = database_.prepare("DELETE FROM layout WHERE number=?");
  if (done && !row) done = row.error();
  for (const auto number : numbers) {
    if (done) done = row->bind(number).run();
  }
  if (done) done = database_.execute("COMMIT");
  if (!done) {
    (void)database_.execute("ROLLBACK");
    return FieldError{{}, done.error()};
  }
  for (const auto number : numbers) layouts_.erase(number);
  return {};
}

FieldResult<void> LayoutStore::set_picture(LayoutKind kind, std::string_view id, std::string bytes) {
  const auto type = picture_type(bytes);
  if (type.empty() || bytes.size() > most_picture_bytes)
    return FieldError{{}, {ErrorKind::invalid, "the body must be a PNG or JPEG picture of at most 1 MiB"}};
  const std::lock_guard lock(mutex_);
  const Layout* layout = find_locked(kind, id);
  if (!layout) return FieldError{{}, none(kind, id)};
  auto row = database_.prepare("INSERT OR REPLACE INTO picture VALUES(?,?,?)");
  if (!row) return FieldError{{}, row.error()};
  if (const auto done = row->bind(layout->number, type, bytes).run(); !done)
    return FieldError{{}, done.error()};
  return {};
}

Result<Picture> LayoutStore::picture(LayoutKind kind, std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const Layout* layout = find_locked(kind, id);
  if (!layout) return none(kind, id);
  auto query = database_.prepare("SELECT type, bytes FROM picture WHERE layout=?");
  if (!query) return query.error();
  const auto row = query->bind(layout->number).step();
  if (!row) return row.error();
  if (!*row) return Error{ErrorKind::not_found, fmt::format("\"{}\" has no picture yet", layout->name)};
  return Picture{query->text(0), query->text(1)};
}

}  // namespace watchrig::central
