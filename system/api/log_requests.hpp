#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/api/request_fields.hpp"
#include "system/api/server_parts.hpp"
#include "system/central/field_error.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// `from` and `to` of a search in logs: without `to` up to now, without `from` the seven days before `to`;
/// more than seven days are refused (platform manual 1.5.2).
central::FieldResult<Period> log_period(const ServerParts& parts, const http::Request& request);

/// `severity`; nothing without it.
central::FieldResult<std::optional<central::Severity>> severity_of(const http::Request& request);

/// `class`: one of those of the log; empty without it.
central::FieldResult<std::string> log_class_of(const http::Request& request, central::LogKind log);

struct LogOrder {
  std::string column;
  bool descending = true;
};
/// `sort=type` ascends, `sort=-type` descends; without it, `usual` descends.
central::FieldResult<LogOrder> log_order(const http::Request& request,
                                         const std::vector<std::string_view>& columns,
                                         std::string_view usual);

}  // namespace watchrig::api
