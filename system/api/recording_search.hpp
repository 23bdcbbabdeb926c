#pragma once

#include <memory>

#include "system/api/question_share.hpp"
#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

inline constexpr base::Duration longest_search = std::chrono::hours(31 * 24);

/// 1 to 64 channels that somebody names by ids or names, each once. Errors, of the field "channels": invalid,
/// not_found (also for those that the account does not see), denied.
central::FieldResult<std::vector<central::ChannelOfDevice>> named_channels(
    ServerParts& parts, const std::string& account, const std::vector<std::string>& names,
    central::Authority right);

/// What is recorded: of a channel, of several, on which days; and how much that takes. The parts outlive the
/// router.
void add_recording_search(http::Router& router, ServerParts& parts,
                          const std::shared_ptr<QuestionShare>& share);

}  // namespace watchrig::api
