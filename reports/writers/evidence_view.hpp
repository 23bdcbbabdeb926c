#pragma once

#include <filesystem>

#include <boost/json/object.hpp>

#include "reports/model/evidence.hpp"

namespace watchrig::reports {

/// What the page shows of a piece of evidence besides its record: `href` (relative, percent-encoded) and
/// `size` in bytes, or `missing` with the reason; `image` for a still (inside the page up to 256 KiB, else
/// its href); `tail` for a log: its last 40 lines. Only regular files below `folder` are read, wherever the
/// path or a link in it points.
boost::json::object evidence_view(const Evidence& evidence, const std::filesystem::path& folder);

}  // namespace watchrig::reports
