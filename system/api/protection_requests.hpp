#pragma once

#include <vector>

#include "system/api/request_fields.hpp"
#include "system/central/accounts/accounts.hpp"

namespace watchrig::api {

/// The member `questions`, `[{"question":…,"answer":…}…]`; none when it is missing. What is wrong is in
/// `fields`.
std::vector<central::SecurityQuestion> questions_in(FieldReader& fields);

}  // namespace watchrig::api
