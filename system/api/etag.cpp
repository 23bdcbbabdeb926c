#include "system/api/etag.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::api {

http::Response with_etag(http::Response response, std::int64_t revision) {
  response.headers.emplace_back("ETag", fmt::format("\"{}\"", revision));
  return response;
}

central::FieldResult<void> check_if_match(const http::Request& request, std::int64_t revision) {
  const auto header = request.headers.find("if-match");
  if (header == request.headers.end()) return {};
  for (const auto tag : base::split(header->second, ',')) {
    const auto text = base::trim(tag);
    if (text == "*" || text == fmt::format("\"{}\"", revision)) return {};
  }
  return central::FieldError{
      "If-Match",
      {base::ErrorKind::conflict,
       fmt::format("it was changed meanwhile and is now \"{}\": read it again", revision)}};
}

}  // namespace watchrig::api
