#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "system/central/layouts/layout_rules.hpp"
#include "system/central/product_profile.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

struct Picture {
  std::string type;  ///< "image/png"
  std::string bytes;
};

/// Views, groups, maps and icons, kept in a database over restarts. The view group "Default" is there from
/// the begin. Any thread.
class LayoutStore {
 public:
  using Change = std::function<FieldResult<void>(Layout&)>;

  /// A view has as many windows as the profile says, or as it has already. The profile outlives it.
  static base::Result<std::unique_ptr<LayoutStore>> open(const std::filesystem::path& file,
                                                         const ProductProfile& profile = default_profile());

  std::vector<Layout> all(LayoutKind kind) const;
  /// Errors: not_found.
  base::Result<Layout> find(LayoutKind kind, std::string_view id) const;
  /// Errors: those of check_layout, not_found (the parent), conflict (the name), full (the limit of the kind,
  /// or view groups nested deeper than two levels).
  FieldResult<Layout> add(Layout layout);
  FieldResult<Layout> change(LayoutKind kind, std::string_view id, const Change& change);
  /// With a group go its views and groups, if `with_content`. Errors: not_found, conflict (it has some and
  /// they may not go), what `may` returns.
  FieldResult<void> remove(LayoutKind kind, std::string_view id, bool with_content, const Change& may = {});

  /// Of a map or icon; replaces the one before. Errors: not_found, invalid (no PNG or JPEG, or too large).
  FieldResult<void> set_picture(LayoutKind kind, std::string_view id, std::string bytes);
  base::Result<Picture> picture(LayoutKind kind, std::string_view id) const;

 private:
  LayoutStore(platform::SqliteDatabase database, const ProductProfile& profile)
      : profile_(profile), database_(std::move(database)) {}
  // Under mutex_.
  base::Result<> load();
  base::Result<> write(const Layout& layout);
  FieldResult<void> check_place(const Layout& layout, bool is_new) const;
  std::vector<std::int64_t> with_children(const Layout& layout) const;
  const Layout* find_locked(LayoutKind kind, std::string_view id) const;

  const ProductProfile& profile_;
  mutable std::mutex mutex_;
  mutable platform::SqliteDatabase database_;
  std::map<std::int64_t, Layout> layouts_;
};

}  // namespace watchrig::central
