#pragma once

#include "system/base/clock.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// A handler that creates something once for each `Idempotency-Key` (up to 255 printable characters): the
/// same account's request with the same key and body gets the first answer again, with another body 422, and
/// 409 while the first is under way. Answers are kept for 24 h, the newest 10,000 or 64 MiB of the handler,
/// and not over a restart. A failed request is not kept: it may be tried again. Without the header the
/// handler is as it was.
http::PlainHandler once_for_each_key(const base::Clock& clock, http::PlainHandler handler);

}  // namespace watchrig::api
