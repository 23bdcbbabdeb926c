#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"

namespace watchrig::protocols {

/// xs:duration (XML Schema part 2, 3.2.6): "PT1M", "P1DT2H", "-PT0.5S". A year counts as 365 days, a month as
/// 30. Nothing for what is no duration, or is longer than a hundred years.
std::optional<base::Duration> parse_xml_duration(std::string_view text);
/// "PT90.5S".
std::string xml_duration(base::Duration duration);

/// xs:dateTime (XML Schema part 2, 3.2.7) with Z, an offset, or neither, which then means UTC. Nothing for
/// what is no time of the years 1678 to 2261.
std::optional<base::UtcTime> parse_xml_time(std::string_view text);

}  // namespace watchrig::protocols
