#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "system/central/field_error.hpp"

namespace watchrig::central {

/// A part of the site, in which devices and further areas are.
struct Area {
  std::int64_t id = 0;  ///< shown as "a7"; never used again
  std::int64_t parent = 0;
  std::string name;  ///< 1 to 63 bytes, unique among its neighbours
  std::int64_t version = 1;
};

/// The areas as a tree below the fixed root "cms=0" (platform manual 1.7.1), with its rules. Knows no
/// devices. One thread at a time.
class AreaTree {
 public:
  static constexpr std::int64_t root = 0;
  static constexpr std::string_view root_name = "cms=0";
  static constexpr std::size_t deepest = 16;  ///< levels below the root
  static constexpr std::size_t most = 10'000;

  /// Null when there is none.
  const Area* find(std::int64_t id) const;
  /// Parents before their children, those of one parent by name.
  std::vector<Area> all() const;
  /// The area itself or one above it.
  bool is_within(std::int64_t area, std::int64_t ancestor) const;
  /// From the area up to the root.
  std::vector<std::int64_t> path(std::int64_t area) const;

  /// Whether the area could be put: a new one, or an old one with another name or parent. Errors: invalid,
  /// not_found (the parent), conflict (a neighbour has the name; below itself), full, denied (the root).
  FieldResult<void> check(const Area& area, bool is_new) const;
  void put(const Area& area);
  /// Errors: not_found, denied (the root), conflict (it has areas).
  base::Result<> check_removal(std::int64_t id) const;
  void erase(std::int64_t id);

 private:
  std::size_t height(std::int64_t id) const;

  std::map<std::int64_t, Area> areas_{{root, {root, root, std::string(root_name), 1}}};
  std::map<std::int64_t, std::map<std::string, std::int64_t>> children_;  ///< of a parent, by name
};

}  // namespace watchrig::central
