#include "simulators/app/control_api.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace watchrig::rig {
namespace {

namespace json = boost::json;

/// A device that knows one fault at a time.
class FakeDevice final : public kernel::VirtualDevice {
 public:
  const std::string& id() const override { return id_; }
  std::string_view kind() const override { return "fake"; }
  base::Result<void> start() override { return {}; }
  void stop() override {}
  bool connected() const override { return false; }
  json::object description() const override { return {{"id", id_}}; }
  json::object status() const override { return {{"id", id_}, {"kind", "fake"}}; }
  base::Result<json::object> inject(const json::value& fault) override {
    if (!fault.as_object().contains("verb")) return base::Error{base::ErrorKind::invalid, "verb is missing"};
    active_ = true;
    return json::object{{"id", "f1"}};
  }
  base::Result<void> withdraw(std::string_view id) override {
    if (!active_ || id != "f1") return base::Error{base::ErrorKind::not_found, "no such fault"};
    active_ = false;
    return {};
  }
  std::size_t withdraw_all() override { return std::exchange(active_, false) ? 1 : 0; }
  json::object faults() const override { return {{"active", json::array(active_ ? 1 : 0)}}; }
  base::Result<std::string> ledger(const Query& query) const override {
    return R"({"stream":")" + query.at("stream") + R"(","units":[]})";
  }

 private:
  std::string id_ = "gate";
  bool active_ = false;
};

struct ControlApiTest : testing::Test {
  ControlApiTest() { add_control_routes(router, {std::make_shared<FakeDevice>()}); }

  http::Response ask(const std::string& method, const std::string& target, std::string body = {}) {
    http::Request request;
    request.method = method;
    const auto split = http::parse_target(target);
    request.path = split->first;
    request.query = split->second;
    request.body = std::move(body);
    const auto found = router.match(request, false);
    if (const auto* refused = std::get_if<http::Response>(&found)) return *refused;
    boost::asio::io_context io;
    http::Response response;
    boost::asio::co_spawn(io, std::get<const http::Route*>(found)->handler(request),
                          [&](std::exception_ptr, http::Response answer) { response = std::move(answer); });
    io.run();
    return response;
  }
  static json::object body(const http::Response& response) { return json::parse(response.body).as_object(); }

  http::Router router;
};

TEST_F(ControlApiTest, ShowsDevices) {
  EXPECT_EQ(body(ask("GET", "/devices")).at("devices").as_array().size(), 1U);
  EXPECT_EQ(body(ask("GET", "/devices/gate")).at("kind"), "fake");
}

TEST_F(ControlApiTest, UnknownDeviceIs404WithItsName) {
  const auto response = ask("GET", "/devices/yard/faults");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(body(response).at("error").at("field"), "id");
}

TEST_F(ControlApiTest, FaultsComeAndGo) {
  const auto made = ask("POST", "/devices/gate/faults", R"({"verb":"stall"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(body(made).at("id"), "f1");
  EXPECT_EQ(ask("DELETE", "/devices/gate/faults/f2").status, 404);
  EXPECT_EQ(ask("DELETE", "/devices/gate/faults/f1").status, 200);
  EXPECT_EQ(body(ask("DELETE", "/devices/gate/faults")).at("ended"), 0);
}

TEST_F(ControlApiTest, BadBodiesAre400) {
  for (const char* text : {"", "[]", "{", "{\"rate\":1}", "\xff\xff"}) {
    EXPECT_EQ(ask("POST", "/devices/gate/faults", text).status, 400) << text;
  }
}

TEST_F(ControlApiTest, LedgerGetsTheQuery) {
  EXPECT_EQ(body(ask("GET", "/devices/gate/ledger?stream=sub")).at("stream"), "sub");
}

}  // namespace
}  // namespace watchrig::rig
