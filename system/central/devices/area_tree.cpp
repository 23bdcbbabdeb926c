#include "system/central/devices/area_tree.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "system/central/devices/device.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;

const Area* AreaTree::find(std::int64_t id) const {
  const auto it = areas_.find(id);
  return it == areas_.end() ? nullptr : &it->second;
}

std::vector<Area> AreaTree::all() const {
  std::vector<Area> list{areas_.at(root)};
  const std::function<void(std::int64_t)> walk = [&](std::int64_t parent) {
    const auto children = children_.find(parent);
    if (children == children_.end()) return;
    for (const auto& [name, id] : children->second) {
      list.push_back(areas_.at(id));
      walk(id);
    }
  };
  walk(root);
  return list;
}

std::vector<std::int64_t> AreaTree::path(std::int64_t area) const {
  std::vector<std::int64_t> ids;
  // A damaged database may hold a circle.
  for (const Area* at = find(area); at && ids.size() <= deepest; at = find(at->parent)) {
    ids.push_back(at->id);
    if (at->id == root) break;
  }
  return ids;
}

bool AreaTree::is_within(std::int64_t area, std::int64_t ancestor) const {
  const auto ids = path(area);
  return std::ranges::find(ids, ancestor) != ids.end();
}

std::size_t AreaTree::height(std::int64_t id) const {
  const auto children = children_.find(id);
  if (children == children_.end()) return 0;
  std::size_t most_below = 0;
  for (const auto& [name, child] : children->second) most_below = std::max(most_below, 1 + height(child));
  return most_below;
}

FieldResult<void> AreaTree::check(const Area& area, bool is_new) const {
  if (!is_new && area.id == root)
    return FieldError{{}, {ErrorKind::denied, "the root area cms=0 stays as it is"}};
  if (!is_name(area.name))
    return FieldError{"name",
                      {ErrorKind::invalid, "an area name has 1 to 63 bytes and no control characters"}};
  if (!find(area.parent))
    return FieldError{"parent", {ErrorKind::not_found, fmt::format("there is no area \"a{}\"", area.parent)}};
  if (!is_new && is_within(area.parent, area.id))
    return FieldError{"parent", {ErrorKind::conflict, "an area cannot be moved below itself"}};
  if (const auto children = children_.find(area.parent); children != children_.end()) {
    const auto same = children->second.find(area.name);
    if (same != children->second.end() && (is_new || same->second != area.id)) {
      return FieldError{"name",
                        {ErrorKind::conflict, fmt::format("an area named \"{}\" exists there", area.name)}};
    }
  }
  const std::size_t below = is_new ? 0 : height(area.id);
  if (path(area.parent).size() + below > deepest) {
    return FieldError{"parent", {ErrorKind::full, fmt::format("areas are nested at most {} deep", deepest)}};
  }
  if (is_new && areas_.size() > most)
    return FieldError{{}, {ErrorKind::full, fmt::format("there are {} areas already; remove one", most)}};
  return {};
}

void AreaTree::put(const Area& area) {
  if (const Area* before = find(area.id)) children_[before->parent].erase(before->name);
  areas_[area.id] = area;
  children_[area.parent][area.name] = area.id;
}

base::Result<> AreaTree::check_removal(std::int64_t id) const {
  const Area* area = find(id);
  if (!area) return Error{ErrorKind::not_found, fmt::format("there is no area \"a{}\"", id)};
  if (id == root) return Error{ErrorKind::denied, "the root area cms=0 cannot be removed"};
  const auto children = children_.find(id);
  if (children != children_.end() && !children->second.empty()) {
    return Error{ErrorKind::conflict,
                 fmt::format("area \"{}\" has areas below it: remove them first", area->name)};
  }
  return {};
}

void AreaTree::erase(std::int64_t id) {
  const auto it = areas_.find(id);
  if (it == areas_.end()) return;
  children_[it->second.parent].erase(it->second.name);
  children_.erase(id);
  areas_.erase(it);
}

}  // namespace watchrig::central
