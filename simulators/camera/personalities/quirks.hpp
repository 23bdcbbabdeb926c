#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::camera {

/// In what way a camera does what its standard does not have, as many on the market: any of those of a table,
/// which tests name as the driver reports them.
class Quirks {
 public:
  /// Reads "pull-point-dies=5s,relative-renew-refused". Error invalid names those that there are.
  static base::Result<Quirks> parse(std::string_view text);

  bool has(std::string_view name) const { return chosen_.contains(name); }
  /// Of a quirk with a time; nothing when the camera does not have it.
  std::optional<base::Duration> time(std::string_view name) const;

 private:
  std::map<std::string, base::Duration, std::less<>> chosen_;
};

namespace quirks {
inline constexpr std::string_view pull_point_dies = "pull-point-dies",
                                  relative_renew_refused = "relative-renew-refused",
                                  renew_refused = "renew-refused",
                                  wrong_subscription_address = "wrong-subscription-address",
                                  initialized_repeated = "initialized-repeated";
}  // namespace quirks

}  // namespace watchrig::camera
