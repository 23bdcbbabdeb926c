#include "system/api/paging.hpp"

#include "system/api/request_fields.hpp"

namespace watchrig::api {

central::FieldResult<PageRequest> page_of(const http::Request& request) {
  const auto offset = number_of(request, "offset", 0, 0, INT64_MAX);
  if (!offset) return offset.error();
  const auto limit = number_of(request, "limit", PageRequest{}.limit, 1, longest_page);
  if (!limit) return limit.error();
  return PageRequest{static_cast<std::size_t>(*offset), static_cast<std::size_t>(*limit)};
}

boost::json::object page_json(std::string_view name, boost::json::array items, std::size_t total,
                              const PageRequest& page) {
  return {{name, std::move(items)}, {"total", total}, {"offset", page.offset}, {"limit", page.limit}};
}

std::vector<http::QueryParameter> paged(std::initializer_list<http::QueryParameter> more) {
  std::vector<http::QueryParameter> parameters{
      {"offset", "how many to leave out at the begin", "integer"},
      {"limit", "how many at most, 1 to 1000; 100 without it", "integer"}};
  parameters.insert(parameters.end(), more);
  return parameters;
}

}  // namespace watchrig::api
