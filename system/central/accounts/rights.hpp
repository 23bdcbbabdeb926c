#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "system/central/field_error.hpp"

namespace watchrig::central {

/// What somebody may do.
enum class Authority {
  live,      ///< see live video
  playback,  ///< see what is recorded
  download,  ///< take it away as a file
  record,    ///< change record plans
  events,    ///< read the event log
  devices,   ///< see, add and remove devices
  accounts,  ///< groups, users, sessions, locks
  system,    ///< settings and maintenance of the server
  logs,      ///< who has done what, and clearing logs
  security,  ///< certificates, HTTPS, who may connect
  ptz,       ///< turn cameras
  outputs,   ///< switch relay outputs of devices
};
std::vector<Authority> all_authorities();
std::string_view to_string(Authority authority);
std::optional<Authority> authority_from(std::string_view text);
/// What an authority can be narrowed to.
enum class Scope {
  server,    ///< nothing: it is for the whole server
  areas,     ///< areas
  channels,  ///< areas and single channels
};
Scope scope_of(Authority authority);

/// Areas are meant with those below them.
using Areas = std::set<std::int64_t>;

/// Where an authority holds.
struct Reach {
  std::set<std::string> channels;
  Areas areas;
};

/// Authorities with what they are narrowed to; nothing: everywhere.
using Grants = std::map<Authority, std::optional<Reach>>;

/// Reads `{"live":true,"playback":["c1","a7"]}`. A category, `monitoring` or `management`, stands for all of
/// its authorities. The field of an error is `authorities.NAME`.
FieldResult<Grants> grants_from(const boost::json::object& object);
boost::json::object to_json(const Grants& grants);

/// Tells where things are: the area and all above it, or nothing of what does not exist.
struct AreaPaths {
  std::function<std::vector<std::int64_t>(std::string_view channel)> of_channel;
  std::function<std::vector<std::int64_t>(std::int64_t area)> of_area;
};

/// What an account may do; unchanged once made.
class Rights {
 public:
  /// Of an administrator.
  static Rights everything() { return Rights(); }
  /// Nothing that is in an area holds outside of `range`, which is everywhere when it is empty. Without paths
  /// nothing is in any area.
  explicit Rights(Grants grants, Areas range = {}, AreaPaths paths = {});

  bool may(Authority authority) const { return everything_ || grants_.contains(authority); }
  bool may(Authority authority, const std::string& channel) const;
  /// In the area and all below it.
  bool may_in(Authority authority, std::int64_t area) const;
  /// Whether anything in the area exists for them: any authority holds in all of it.
  bool sees_area(std::int64_t area) const;
  /// Whether the account itself is, whatever its group may do.
  bool is_kept_to_areas() const { return !everything_ && !range_.empty(); }
  /// Not narrowed.
  bool may_everywhere(Authority authority) const;
  /// Whether the channel exists for them: any authority reaches it.
  bool sees(const std::string& channel) const;
  bool is_everything() const { return everything_; }
  const Grants& grants() const { return grants_; }

 private:
  Rights() : everything_(true) {}

  Grants grants_;
  Areas range_;
  AreaPaths paths_;
  bool everything_ = false;
};

}  // namespace watchrig::central
