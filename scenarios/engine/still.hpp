#pragma once

#include <string>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"

namespace watchrig::scenarios {

/// What a stream shows now, as a JPEG at most 1280 pixels wide. Connects, waits for a key picture and decodes
/// it, all within `deadline` of real time.
base::Result<base::Bytes> take_still(const std::string& url, const base::Clock& clock,
                                     base::Duration deadline);

}  // namespace watchrig::scenarios
