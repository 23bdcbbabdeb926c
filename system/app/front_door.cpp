#include "system/app/front_door.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/api/gate.hpp"
#include "system/api/routes.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::app {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;
using base::ErrorKind;
using base::Result;
using central::FieldError;
using central::FieldResult;

namespace {

// Of real time. The answer to whoever has changed a port goes out first; then the old port must be free.
constexpr auto until_close = std::chrono::milliseconds(500);
constexpr auto until_open = std::chrono::milliseconds(200);
constexpr auto between_attempts = std::chrono::seconds(1);

/// `open_port` is ours already.
FieldResult<void> check_listen(const json::object& values, const json::value& open_port) {
  boost::system::error_code failure;
  const std::string address(values.at("address").as_string());
  const auto parsed = asio::ip::make_address(address, failure);
  if (failure) {
    return FieldError{"address",
                      {ErrorKind::invalid, fmt::format("address \"{}\" is no IP address", address)}};
  }
  // The open port cannot be tried, but its address can.
  const auto port = values.at("port") == open_port ? std::uint16_t{0}
                                                   : static_cast<std::uint16_t>(values.at("port").as_int64());
  asio::io_context context;
  tcp::acceptor acceptor(context);
  const tcp::endpoint endpoint(parsed, port);
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(1, failure);
  if (!failure) return {};
  return FieldError{port == 0 ? "address" : "port",
                    {ErrorKind::conflict, fmt::format("cannot listen on {}:{}: {}; choose another", address,
                                                      port, failure.message())}};
}

}  // namespace

// RTSP by TLS last: it closes or opens RTSP in the clear.
const FrontDoor::Section FrontDoor::sections[] = {
    {"http", &FrontDoor::close_http, &FrontDoor::open_http, &FrontDoor::http_url, true},
    {"https", &FrontDoor::close_https, &FrontDoor::open_https, &FrontDoor::https_url, true},
    {"rtsp", &FrontDoor::close_rtsp, &FrontDoor::open_rtsp, &FrontDoor::rtsp_url, true},
    {"rtsps", &FrontDoor::close_rtsps, &FrontDoor::open_rtsps, &FrontDoor::rtsps_url, false}};

FrontDoor::FrontDoor(api::ServerParts& parts, base::ExecutorPool& pool, api::OpenPorts& ports)
    : parts_(parts), pool_(pool), ports_(ports), lane_(pool.next()), rtsp_(parts, pool) {
  api::add_routes(router_, parts_);
  parts_.https.serve(router_, [this] { return asio::any_io_executor(pool_.next()); });
}

Result<> FrontDoor::open() {
  parts_.https.listen([this] { asio::post(lane_, [this] { show_certificate(); }); });
  for (const Section& section : sections) {
    if (auto opened = (this->*section.open)(); !opened) return opened;
    watch(section);
  }
  parts_.central.settings().add_rule("rtsps", [this](const json::object& values) -> FieldResult<void> {
    if (!values.at("enabled").as_bool() || !parts_.central.certificates().https().certificate.empty())
      return {};
    return FieldError{"enabled",
                      {ErrorKind::invalid,
                       "RTSP by TLS shows the certificate of HTTPS, which has none: choose one there first"}};
  });
  return {};
}

void FrontDoor::show_certificate() {
  if (const auto opened = open_rtsps(); !opened) base::log_error("{}", opened.error().message);
}

void FrontDoor::take(tcp::socket socket, bool encrypted, std::function<bool()> wanted) {
  if (encrypted) return parts_.https.take(std::move(socket), std::move(wanted));
  // Where the port is opened anew, too.
  asio::post(lane_, [this, socket = std::move(socket), wanted = std::move(wanted)]() mutable {
    http_->serve(std::move(socket), std::move(wanted));
  });
}

Result<> FrontDoor::open_http() {
  const auto executors = [this] { return asio::any_io_executor(pool_.next()); };
  http::HttpServer::Options options;
  options.address = parts_.central.settings().text("http", "address");
  options.port = static_cast<std::uint16_t>(parts_.central.settings().number("http", "port"));
  options.may_send_much = api::is_signed_in;
  options.admit = [this](const asio::ip::address& source) { return parts_.central.access().admits(source); };
  auto http = http::HttpServer::start(options, router_, executors);
  if (!http) return http.error();
  http_ = std::move(*http);
  ports_.http = http_->port();
  return {};
}

Result<> FrontDoor::open_rtsp() {
  auto opened = rtsp_.open();
  ports_.rtsp = rtsp_.port();
  return opened;
}

Result<> FrontDoor::open_rtsps() {
  auto opened = rtsp_.open_tls();
  ports_.rtsp = rtsp_.port();
  ports_.rtsps = rtsp_.tls_port();
  return opened;
}

void FrontDoor::watch(const Section& watched) {
  const auto latest = std::make_shared<std::atomic<unsigned>>(0);
  auto in_use = std::make_shared<json::object>(parts_.central.settings().values(watched.name).values);
  parts_.central.settings().add_rule(watched.name, [in_use](const json::object& values) -> FieldResult<void> {
    // A port of a section that is off is not open; one that is to be off need not be free.
    const auto is_on = [](const json::object& one) {
      return !one.contains("enabled") || one.at("enabled").as_bool();
    };
    if (!is_on(values)) return check_listen(values, values.at("port"));
    return check_listen(values, is_on(*in_use) ? in_use->at("port") : json::value());
  });
  parts_.central.settings().listen(
      watched.name, [=, this, &watched](const central::Settings::Change& change) {
        if (change.before.values == change.after.values) return;
        *in_use = change.after.values;
        base::spawn(lane_, reopen(watched, ++*latest, latest), std::string("reopening ") + watched.name);
      });
}

asio::awaitable<void> FrontDoor::reopen(const Section& section, unsigned change,
                                        std::shared_ptr<std::atomic<unsigned>> latest) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(until_close);
  co_await timer.async_wait(asio::use_awaitable);
  if (*latest != change) co_return;  // another change came; its turn opens what it says
  (this->*section.close)();
  if (section.ends_sign_ins) parts_.central.sign_in().sessions.close_all();
  timer.expires_after(until_open);
  co_await timer.async_wait(asio::use_awaitable);
  if (*latest != change) co_return;
  for (bool told = false;;) {
    const auto opened = (this->*section.open)();
    if (opened) break;
    if (!told) base::log_error("{}; trying again until it is free", opened.error().message);
    told = true;
    timer.expires_after(between_attempts);
    co_await timer.async_wait(asio::use_awaitable);
    if (*latest != change) co_return;
  }
  const auto where = (this->*section.url)();
  if (!where.empty()) base::log_info("{} listens on {}", section.name, where);
}

void FrontDoor::stop() {
  for (const Section& section : sections) (this->*section.close)();
}

std::string FrontDoor::url(const std::string& section, std::uint16_t port) const {
  if (port == 0) return {};
  const auto address = parts_.central.settings().text(section, "address");
  const bool v6 = address.find(':') != std::string::npos;  // RFC 3986, 3.2.2
  return fmt::format("{}://{}{}{}:{}", section, v6 ? "[" : "", address, v6 ? "]" : "", port);
}

std::string FrontDoor::http_url() const { return url("http", http_->port()); }

std::string FrontDoor::https_url() const {
  const auto state = parts_.https.state();
  return state.enabled ? state.url : std::string();
}

std::vector<std::string> FrontDoor::free_ports() const {
  std::vector<std::string> ports;
  const auto add = [&](const char* section, std::uint16_t port) {
    if (port != 0 && parts_.central.settings().number(section, "port") == 0)
      ports.push_back(fmt::format("{}.port={}", section, port));
  };
  add("http", http_->port());
  add("rtsp", rtsp_.port());
  add("rtsps", rtsp_.tls_port());
  if (const auto https = parts_.https.state(); https.enabled) add("https", https.port);
  return ports;
}

std::string FrontDoor::rtsp_url() const { return url("rtsp", rtsp_.port()); }

std::string FrontDoor::rtsps_url() const { return url("rtsps", rtsp_.tls_port()); }

}  // namespace watchrig::app
