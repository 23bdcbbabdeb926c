#include "system/api/request_fields.hpp"

#include <gtest/gtest.h>

#include "system/api/routes.hpp"

namespace watchrig::api {
namespace {

namespace json = boost::json;

TEST(FieldReader, TheFirstWrongFieldIsNamed) {
  const json::object body{{"name", 5}, {"other", "x"}};
  FieldReader fields(body, "streams.");
  EXPECT_EQ(fields.text("name"), "");
  EXPECT_EQ(fields.text("missing"), "");
  fields.no_others();
  ASSERT_TRUE(fields.error());
  EXPECT_EQ(fields.error()->field, "streams.name");
  const auto response = error_response(*fields.error());
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find(R"("field":"streams.name")"), std::string::npos);
}

TEST(FieldReader, MissingAndUnknownMembersAreRefused) {
  const json::object body{{"mispelt", "x"}};
  FieldReader missing(body);
  missing.text("name");
  EXPECT_EQ(missing.error()->field, "name");
  FieldReader unknown(body);
  EXPECT_EQ(unknown.text("name", "default"), "default");
  unknown.no_others();
  EXPECT_EQ(unknown.error()->field, "mispelt");
}

http::Request with_query(std::map<std::string, std::string> query) {
  http::Request request;
  request.query = std::move(query);
  return request;
}

TEST(Period, NeedsAnEndAfterItsBegin) {
  const std::string early = "2026-01-01T00:00:00Z";
  const std::string late = "2026-01-01T00:00:01Z";
  EXPECT_TRUE(period_of(with_query({{"from", early}, {"to", late}}), false));
  EXPECT_EQ(period_of(with_query({{"from", late}, {"to", early}}), false).error().field, "to");
  EXPECT_EQ(period_of(with_query({{"from", early}, {"to", early}}), false).error().field, "to");
  EXPECT_EQ(period_of(with_query({{"to", late}}), false).error().field, "from");
  EXPECT_EQ(period_of(with_query({{"from", "now"}, {"to", late}}), false).error().field, "from");
  EXPECT_TRUE(period_of(with_query({}), true));
}

TEST(QueryNumber, HoldsItsRange) {
  EXPECT_EQ(number_of(with_query({}), "limit", 7, 1, 10).value(), 7);
  EXPECT_EQ(number_of(with_query({{"limit", "10"}}), "limit", 7, 1, 10).value(), 10);
  for (const char* text : {"0", "11", "-1", "x", "", "1e3"}) {
    EXPECT_FALSE(number_of(with_query({{"limit", text}}), "limit", 7, 1, 10)) << text;
  }
}

TEST(OpenApi, DescribesEveryRouteThatWasAdded) {
  http::Router router;
  router.add_plain("GET", "/things/{thing}", {}, "One thing",
                   [](const http::Request&) { return http::Response(); });
  router.add_plain("DELETE", "/things/{thing}", {}, "Removes it",
                   [](const http::Request&) { return http::Response(); });
  add_openapi_route(router);
  http::Request request;
  request.method = "GET";
  request.path = "/api/v1/openapi.json";
  EXPECT_TRUE(std::holds_alternative<const http::Route*>(router.match(request, false)));
}

}  // namespace
}  // namespace watchrig::api
