#pragma once

#include <memory>

#include "system/api/question_share.hpp"
#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// Pictures of what is recorded: thumbnails, and stills at an exact moment. The parts outlive the router.
void add_recorded_pictures(http::Router& router, ServerParts& parts,
                           const std::shared_ptr<QuestionShare>& share);

}  // namespace watchrig::api
