#include "simulators/services/smtp/mail_server.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "simulators/services/smtp/smtp_dialogue.hpp"
#include "simulators/services/smtp/throwaway_identity.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::services {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using kernel::Verb;

constexpr Verb verbs[] = {Verb::reset, Verb::stall, Verb::lie};
constexpr std::string_view lies[] = {"refuse-login", "refuse-receivers"};
constexpr auto patience = std::chrono::seconds(60);  // with a silent client

}  // namespace

Result<ServicePlan> plan_mail_server(const kernel::XmlFile& file, pugi::xml_node element) {
  auto spec = parse_mail_server(file, element);
  if (!spec) return spec.error();
  return ServicePlan{spec->id, spec->port,
                     [spec = *spec](const base::Clock& clock, asio::any_io_executor executor) {
                       return std::make_shared<MailServer>(spec, clock, std::move(executor));
                     }};
}

MailServer::MailServer(MailServerSpec spec, const base::Clock& clock, asio::any_io_executor executor)
    : ServiceDevice(spec.id, clock, {verbs, {}, lies}),
      spec_(std::move(spec)),
      executor_(executor),
      acceptor_(executor) {}

Result<void> MailServer::start() {
  if (spec_.encryption != "none") {
    auto identity = throwaway_identity();
    if (!identity) return std::move(identity).error().within("mail server " + spec_.id);
    identity_ = *std::move(identity);
  }
  boost::system::error_code error;
  const Tcp::endpoint endpoint(asio::ip::address_v4::loopback(), spec_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(most_connections, error);
  if (error) {
    return Error{ErrorKind::unavailable,
                 fmt::format("mail server \"{}\": port {}: {}", spec_.id, spec_.port, error.message())};
  }
  port_ = acceptor_.local_endpoint().port();
  base::spawn(executor_, accept(shared_from_this()), "mail server " + spec_.id);
  return {};
}

void MailServer::stop() {
  asio::post(executor_, [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->acceptor_.close(ignored);
    self->close_all(false);
  });
}

void MailServer::close_all(bool reset) {
  for (const auto& weak : std::exchange(streams_, {})) {
    if (const auto stream = weak.lock()) stream->close(reset);
  }
}

asio::awaitable<void> MailServer::accept(std::shared_ptr<MailServer> self) {
  while (self->acceptor_.is_open()) {
    Tcp::socket socket(self->executor_);
    boost::system::error_code error;
    co_await self->acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (error || self->connections_ >= most_connections) continue;
    ++self->accepted_;
    ++self->connections_;
    const auto stream = std::make_shared<MailStream>(std::move(socket));
    std::erase_if(self->streams_, [](const auto& weak) { return weak.expired(); });
    self->streams_.push_back(stream);
    base::spawn(self->executor_, serve(self, stream), "client of mail server " + self->spec_.id);
  }
}

asio::awaitable<void> MailServer::serve(std::shared_ptr<MailServer> self, StreamPtr stream) {
  struct Leave {
    std::atomic<std::size_t>& connections;
    ~Leave() { --connections; }
  } const leave{self->connections_};
  SmtpDialogue dialogue(self->spec_, self->clock_, self->ledger_,
                        [&](std::string_view what) { return self->in_force(Verb::lie, what).has_value(); });
  base::Watchdog watchdog(self->executor_, patience, [stream] { stream->close(); });
  std::string line;
  boost::system::error_code error;
  if (self->spec_.encryption == "ssl") error = co_await stream->accept_tls(*self->identity_);
  std::optional<std::string> reply = dialogue.greeting();
  while (reply && !error) {
    if (!reply->empty() && !self->in_force(Verb::stall)) error = co_await stream->write(*reply);
    if (dialogue.begins_tls() && !error) error = co_await stream->accept_tls(*self->identity_);
    if (!error) error = co_await stream->read_line(line);
    if (error) break;
    watchdog.restart();
    reply = dialogue.answer(line);
  }
  if (!reply) error = co_await stream->write("221 Bye\r\n");
  stream->close();
}

json::object MailServer::description() const {
  return {{"id", spec_.id}, {"kind", kind()},         {"virtual", true},           {"host", "127.0.0.1"},
          {"port", port_},  {"username", spec_.user}, {"password", spec_.password}};
}

json::object MailServer::status() const {
  return {{"id", spec_.id},
          {"kind", kind()},
          {"connections", connections_.load()},
          {"accepted", accepted_.load()}};
}

void MailServer::reset_connections() {
  asio::post(executor_, [self = shared_from_this()] { self->close_all(true); });
}

Result<std::string> MailServer::ledger(const Query& query) const {
  std::string receiver;
  for (const auto& [name, value] : query) {
    if (name != "to") return Error{ErrorKind::invalid, "the ledger of a mail server takes \"to\" only"};
    receiver = value;
  }
  return json::serialize(ledger_.to_json(receiver));
}

}  // namespace watchrig::services
