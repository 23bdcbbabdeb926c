#pragma once

#include "system/api/kept_answers.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// Puts around each POST and PATCH of somebody who is signed in that it is done once for each
/// `Idempotency-Key` (up to 255 printable characters) of the account and path; without the header nothing
/// changes.
void once_for_each_key(http::Router& router, std::shared_ptr<KeptAnswers> answers);

}  // namespace watchrig::api
