#include "simulators/services/ddns/ddns_server.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/base64.hpp"
#include "system/base/text.hpp"

namespace watchrig::services {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using http::Request;
using http::Response;
using kernel::Verb;

namespace {

constexpr Verb verbs[] = {Verb::stall, Verb::lie};
constexpr std::string_view words[] = {"badauth", "nohost",   "notfqdn", "abuse",
                                      "numhost", "badagent", "dnserr",  "911"};
constexpr std::string_view lies[] = {"badauth", "nohost", "notfqdn", "abuse",   "numhost", "badagent",
                                     "dnserr",  "911",    "ignore",  "garbage", "huge",    "moved"};
constexpr std::size_t huge = 1 << 20;
constexpr auto silence = std::chrono::seconds(60);  // of real time, longer than any client waits

Response text(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

/// "user:password" of Basic authentication (RFC 7617); empty: none.
std::string credentials(const Request& request) {
  const auto found = request.headers.find("authorization");
  if (found == request.headers.end()) return {};
  const auto [scheme, code] = base::split_once(found->second, ' ');
  const auto bytes = base::from_base64(code);
  return scheme == "Basic" && bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
}

}  // namespace

Result<ServicePlan> plan_ddns_server(const kernel::XmlFile& file, pugi::xml_node element) {
  kernel::XmlAttributes attributes(file, element);
  auto plan = plan_service(attributes);
  if (!plan) return plan.error();
  DdnsServer::Spec spec;
  spec.port = plan->port;
  for (auto [name, place] :
       {std::pair{"domain", &spec.domain}, {"user", &spec.user}, {"password", &spec.password}}) {
    auto value = attributes.required(name);
    if (!value) return value.error();
    *place = *std::move(value);
  }
  if (attributes.has("address")) spec.address = attributes.text("address");
  if (attributes.has("moved")) spec.moved = attributes.text("moved");
  if (auto finished = attributes.finish(); !finished) return finished.error();
  plan->make = [id = plan->id, spec](const base::Clock& clock, asio::any_io_executor executor) {
    return std::make_shared<DdnsServer>(id, spec, clock, std::move(executor));
  };
  return plan;
}

DdnsServer::DdnsServer(std::string id, Spec spec, const base::Clock& clock, asio::any_io_executor executor)
    : ServiceDevice(std::move(id), clock, {verbs, {}, lies}),
      spec_(std::move(spec)),
      executor_(std::move(executor)) {}

Result<void> DdnsServer::start() {
  for (const char* path : {"/nic/update", "/dyndns/update", "/ip"}) {
    router_.add("GET", path, {}, "", [weak = weak_from_this()](Request request) {
      return serve(weak.lock(), std::move(request));
    });
  }
  http::HttpServer::Options options;
  options.port = spec_.port;
  auto started = http::HttpServer::start(options, router_, [this] { return executor_; });
  if (!started) return Error(started.error()).within(fmt::format("DDNS server \"{}\"", id_));
  server_ = std::move(*started);
  return {};
}

void DdnsServer::stop() {
  if (server_) server_->stop();
}

asio::awaitable<Response> DdnsServer::serve(std::shared_ptr<DdnsServer> self, Request request) {
  if (!self) co_return text(503, "stopped");
  if (self->in_force(Verb::stall)) {
    asio::steady_timer timer(co_await asio::this_coro::executor, silence);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return request.path == "/ip" ? self->show_address() : self->update(request);
}

std::string DdnsServer::address_of_client() const {
  return in_force(Verb::lie, "moved") ? spec_.moved : spec_.address;
}

Response DdnsServer::show_address() {
  const std::lock_guard lock(mutex_);
  ++looks_;
  return text(200, fmt::format("<html><body>Current IP Address: {}</body></html>", address_of_client()));
}

std::string DdnsServer::answer(const Request& request, const std::string& user) {
  const auto* word =
      std::ranges::find_if(words, [&](std::string_view lie) { return in_force(Verb::lie, lie).has_value(); });
  if (word != std::end(words)) return std::string(*word);
  if (in_force(Verb::lie, "ignore")) return "good 127.0.0.1";
  if (in_force(Verb::lie, "garbage")) return "<html>\x01 it works! \xff</html>";
  if (in_force(Verb::lie, "huge")) return std::string(huge, 'x');
  if (user != fmt::format("{}:{}", spec_.user, spec_.password)) return "badauth";
  if (request.query_value("hostname") != spec_.domain) return "nohost";
  const auto wanted = request.query_value("myip").value_or(address_of_client());
  const bool same = std::exchange(address_, wanted) == wanted;
  return fmt::format("{} {}", same ? "nochg" : "good", wanted);
}

Response DdnsServer::update(const Request& request) {
  const auto user = credentials(request);
  const std::lock_guard lock(mutex_);
  const auto said = answer(request, user);
  ++count_;
  const auto agent = request.headers.find("user-agent");
  if (updates_.size() >= most_updates) updates_.pop_front();
  updates_.push_back({{"path", request.path},
                      {"hostname", request.query_value("hostname").value_or("")},
                      {"myip", request.query_value("myip").value_or("")},
                      {"user", user.substr(0, user.find(':'))},
                      {"agent", agent == request.headers.end() ? "" : agent->second},
                      {"answer", said.size() > 64      ? "(long)"
                                 : said.front() == '<' ? "(garbage)"
                                                       : said}});
  return text(said == "badauth" ? 401 : 200, said);
}

json::object DdnsServer::description() const {
  return {{"id", id_}, {"kind", kind()}, {"virtual", true}, {"host", "127.0.0.1"}, {"port", server_->port()}};
}

json::object DdnsServer::status() const {
  const std::lock_guard lock(mutex_);
  return {{"id", id_}, {"kind", kind()}, {"address", address_}};
}

Result<std::string> DdnsServer::ledger(const Query& query) const {
  if (!query.empty()) return Error{ErrorKind::invalid, "the ledger of a DDNS server takes no parameters"};
  const std::lock_guard lock(mutex_);
  return json::serialize(json::object{{"count", count_},
                                      {"looks", looks_},
                                      {"address", address_},
                                      {"updates", json::array(updates_.begin(), updates_.end())}});
}

}  // namespace watchrig::services
