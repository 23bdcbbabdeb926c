#include "system/devices/ability.hpp"

namespace watchrig::devices {

std::string_view to_string(Ability ability) {
  switch (ability) {
    case Ability::no:
      return "no";
    case Ability::yes:
      return "yes";
    case Ability::unknown:
      break;
  }
  return "unknown";
}

}  // namespace watchrig::devices
