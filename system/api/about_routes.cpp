#include <fmt/format.h>

#include "system/api/gate.hpp"
#include "system/api/licence_json.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/program_version.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"

namespace watchrig::embedded {
extern const std::string_view legal_agreement_txt;
extern const std::string_view legal_libraries_tsv;
}  // namespace watchrig::embedded

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view device_type = "Watchrig video management server";
/// Of the rules of passwords, locks, TLS, rights and signatures; raised when one of them becomes stricter.
constexpr std::string_view security_baseline = "1.0";

Response about(ServerParts& parts, const Request&) {
  return http::json_response(200, json::object{{"device_type", device_type},
                                               {"system_version", program_version()},
                                               {"security_baseline", security_baseline},
                                               {"licence", licence_json(parts.licence.show())}});
}

/// Of each library, what it is for, its licence, and where its text is.
std::string notice() {
  std::string text = "OPEN-SOURCE SOFTWARE IN WATCHRIG\n\n";
  bool heading = true;
  for (const auto line : base::split(embedded::legal_libraries_tsv, '\n')) {
    const auto column = base::split(line, '\t');
    constexpr std::size_t columns = 5;
    if (column.size() == columns && !heading) {
      text += fmt::format("{} ({}): {}\n    full text: /usr/share/doc/{}/copyright\n", column[0], column[4],
                          column[1], column[2]);
    }
    heading = false;
  }
  return text;
}

Response legal(const Request& request) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  if (request.param("text") == "agreement") {
    response.body = embedded::legal_agreement_txt;
  } else if (request.param("text") == "notice") {
    response.body = notice();
  } else {
    return http::error_response(404, "not_found", {}, "there are the texts \"agreement\" and \"notice\"");
  }
  return response;
}

}  // namespace

void add_about_routes(http::Router& router, ServerParts& parts) {
  router.add("GET", "/api/v1/system/about", {signed_in}, "Licence, type and versions of the server",
             on_workers(parts, about));
  // To be read before anybody can accept it.
  router.add_plain("GET", "/api/v1/system/legal/{text}", {everybody},
                   "The licence agreement (agreement) or the open-source notice (notice)", legal);
}

}  // namespace watchrig::api
