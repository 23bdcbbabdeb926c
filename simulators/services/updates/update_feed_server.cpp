#include "simulators/services/updates/update_feed_server.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::services {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using http::Response;
using kernel::Verb;

namespace {

constexpr Verb verbs[] = {Verb::stall, Verb::lie};
constexpr std::string_view lies[] = {"old", "garbage", "huge"};
constexpr std::size_t huge = 1 << 20;
constexpr auto silence = std::chrono::seconds(60);  // of real time, longer than any client waits

}  // namespace

Result<ServicePlan> plan_update_feed(const kernel::XmlFile& file, pugi::xml_node element) {
  kernel::XmlAttributes attributes(file, element);
  auto plan = plan_service(attributes);
  if (!plan) return plan.error();
  UpdateFeedServer::Spec spec;
  spec.port = plan->port;
  auto server = attributes.required("server");
  if (!server) return server.error();
  spec.server = *std::move(server);
  if (attributes.has("client")) spec.client = attributes.text("client");
  if (auto finished = attributes.finish(); !finished) return finished.error();
  plan->make = [id = plan->id, spec](const base::Clock& clock, asio::any_io_executor executor) {
    return std::make_shared<UpdateFeedServer>(id, spec, clock, std::move(executor));
  };
  return plan;
}

UpdateFeedServer::UpdateFeedServer(std::string id, Spec spec, const base::Clock& clock,
                                   asio::any_io_executor executor)
    : ServiceDevice(std::move(id), clock, {verbs, {}, lies}),
      spec_(std::move(spec)),
      executor_(std::move(executor)) {}

Result<void> UpdateFeedServer::start() {
  router_.add("GET", "/versions.json", {}, "",
              [weak = weak_from_this()](http::Request) { return serve(weak.lock()); });
  http::HttpServer::Options options;
  options.port = spec_.port;
  auto started = http::HttpServer::start(options, router_, [this] { return executor_; });
  if (!started) return Error(started.error()).within(fmt::format("update feed \"{}\"", id_));
  server_ = std::move(*started);
  return {};
}

void UpdateFeedServer::stop() {
  if (server_) server_->stop();
}

asio::awaitable<Response> UpdateFeedServer::serve(std::shared_ptr<UpdateFeedServer> self) {
  if (!self) co_return http::error_response(503, "stopped", {}, "stopped");
  if (self->in_force(Verb::stall)) {
    asio::steady_timer timer(co_await asio::this_coro::executor, silence);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return self->answer();
}

Response UpdateFeedServer::answer() {
  const std::lock_guard lock(mutex_);
  ++count_;
  Response response;
  if (in_force(Verb::lie, "huge")) {
    response.body = std::string(huge, ' ');
  } else if (in_force(Verb::lie, "garbage")) {
    response.body = "{\"server\":{\"version\":\"newest \xff\"";
  } else {
    const bool old = in_force(Verb::lie, "old").has_value();
    json::object feed{{"server",
                       {{"version", old ? "0.0.1" : spec_.server},
                        {"notes", "Mends what was broken."},
                        {"url", "https://updates.example.org/upgrade.bin"}}}};
    if (!spec_.client.empty()) feed["client"] = json::object{{"version", spec_.client}};
    response.body = json::serialize(feed);
  }
  return response;
}

json::object UpdateFeedServer::description() const {
  return {{"id", id_}, {"kind", kind()}, {"virtual", true}, {"host", "127.0.0.1"}, {"port", server_->port()}};
}

json::object UpdateFeedServer::status() const { return {{"id", id_}, {"kind", kind()}}; }

Result<std::string> UpdateFeedServer::ledger(const Query& query) const {
  if (!query.empty()) return Error{ErrorKind::invalid, "the ledger of an update feed takes no parameters"};
  const std::lock_guard lock(mutex_);
  return json::serialize(json::object{{"count", count_}});
}

}  // namespace watchrig::services
