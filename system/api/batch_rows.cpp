#include "system/api/batch_rows.hpp"

#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_requests.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::FieldError;
using central::FieldResult;

FieldResult<std::vector<std::string>> ids_of(FieldReader& fields, std::string_view what) {
  auto ids = fields.texts("ids");
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (ids.empty() || ids.size() > most_rows)
    return FieldError{"ids",
                      {base::ErrorKind::invalid, fmt::format("ids must name 1 to {} {}", most_rows, what)}};
  if (std::set<std::string>(ids.begin(), ids.end()).size() != ids.size())
    return FieldError{"ids", {base::ErrorKind::invalid, fmt::format("ids names one of the {} twice", what)}};
  return ids;
}

http::Response for_each_id(const std::vector<std::string>& ids, std::string_view count_name,
                           const std::function<FieldResult<void>(const std::string&)>& work) {
  json::array rows;
  std::size_t done = 0;
  for (const auto& id : ids) {
    json::object row{{"id", id}};
    const auto result = work(id);
    if (!result) row["error"] = error_json(result.error());
    done += result ? 1 : 0;
    rows.push_back(std::move(row));
  }
  return http::json_response(200, json::object{{count_name, done}, {"rows", std::move(rows)}});
}

}  // namespace watchrig::api
