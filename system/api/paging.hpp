#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "system/central/field_error.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// Which part of a list a client wants.
struct PageRequest {
  std::size_t offset = 0;
  std::size_t limit = 100;
};
constexpr std::size_t longest_page = 1000;

/// From the query's `offset` and `limit`; the first 100 without them. The field of an error is the name.
central::FieldResult<PageRequest> page_of(const http::Request& request);

/// `{"NAME":[…],"total":…,"offset":…,"limit":…}`
boost::json::object page_json(std::string_view name, boost::json::array items, std::size_t total,
                              const PageRequest& page);

/// Those of page_of, and more, for the description of a route.
std::vector<http::QueryParameter> paged(std::initializer_list<http::QueryParameter> more = {});

}  // namespace watchrig::api
