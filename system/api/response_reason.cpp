#include "system/api/response_reason.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace watchrig::api {

std::string reason_of(const http::Response& response) {
  boost::system::error_code failure;
  const auto body = boost::json::parse(response.body, failure);
  const auto* text = failure ? nullptr : body.find_pointer("/error/message", failure);
  return text && text->is_string() ? std::string(text->get_string()) : fmt::format("{}", response.status);
}

}  // namespace watchrig::api
