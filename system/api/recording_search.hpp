#pragma once

#include <memory>

#include "system/api/question_share.hpp"
#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// What is recorded: of a channel, of several, on which days; and how much that takes. The parts outlive the
/// router.
void add_recording_search(http::Router& router, ServerParts& parts,
                          const std::shared_ptr<QuestionShare>& share);

}  // namespace watchrig::api
