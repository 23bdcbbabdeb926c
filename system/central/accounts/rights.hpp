#pragma once

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
};
std::vector<Authority> all_authorities();
std::string_view to_string(Authority authority);
std::optional<Authority> authority_from(std::string_view text);
/// Those that can be narrowed to channels; the others are for the whole server.
bool is_of_channels(Authority authority);

/// Authorities with the channels they are narrowed to; nothing: every channel.
using Grants = std::map<Authority, std::optional<std::set<std::string>>>;

/// Reads `{"live":true,"playback":["c1","c2"]}`. A category, `monitoring` or `management`, stands for all of
/// its authorities. The field of an error is `authorities.NAME`.
FieldResult<Grants> grants_from(const boost::json::object& object);
boost::json::object to_json(const Grants& grants);

/// What an account may do; unchanged once made.
class Rights {
 public:
  /// Of an administrator.
  static Rights everything() { return Rights({}, true); }
  explicit Rights(Grants grants) : Rights(std::move(grants), false) {}

  bool may(Authority authority) const { return everything_ || grants_.contains(authority); }
  bool may(Authority authority, const std::string& channel) const;
  /// Not narrowed to channels.
  bool may_everywhere(Authority authority) const;
  /// Whether the channel exists for them: any authority reaches it.
  bool sees(const std::string& channel) const;
  bool is_everything() const { return everything_; }
  const Grants& grants() const { return grants_; }

 private:
  Rights(Grants grants, bool everything) : grants_(std::move(grants)), everything_(everything) {}

  Grants grants_;
  bool everything_;
};

}  // namespace watchrig::central
