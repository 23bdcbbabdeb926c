#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "system/api/request_fields.hpp"

namespace watchrig::api {

/// Of what is changed at once.
constexpr std::size_t most_rows = 1000;

/// The field `ids`, after which there are no others; `what` they name is for people: "devices".
central::FieldResult<std::vector<std::string>> ids_of(FieldReader& fields, std::string_view what);

/// One answer for each id, in their order; `work` says what became of it.
http::Response for_each_id(const std::vector<std::string>& ids, std::string_view count_name,
                           const std::function<central::FieldResult<void>(const std::string&)>& work);

}  // namespace watchrig::api
