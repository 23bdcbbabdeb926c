#include "system/api/https_switch.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "system/api/gate.hpp"
#include "system/base/log.hpp"

namespace watchrig::api {

using base::Error;
using base::ErrorKind;
using base::Result;
using central::FieldError;
using Status = central::StoredCertificate::Status;

namespace {

constexpr std::uint16_t usual_port = 443;

std::string url_of(const std::string& address, std::uint16_t port) {
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return port == usual_port ? "https://" + host : fmt::format("https://{}:{}", host, port);
}

}  // namespace

void HttpsSwitch::serve(const http::Router& router, http::HttpServer::Executors executors) {
  const std::lock_guard lock(mutex_);
  router_ = &router;
  executors_ = std::move(executors);
}

http::HttpServer::Options HttpsSwitch::options() const {
  http::HttpServer::Options options;
  options.address = settings_.text("https", "address");
  options.port = static_cast<std::uint16_t>(settings_.number("https", "port"));
  options.may_send_much = is_signed_in;
  options.admit = [this](const boost::asio::ip::address& source) { return access_.admits(source); };
  return options;
}

Result<> HttpsSwitch::open() {
  const std::lock_guard lock(mutex_);
  const auto https = store_.https();
  if (!https.enabled) return {};
  auto shown = show(https.certificate);
  if (shown || shown.error().kind != ErrorKind::denied) return shown;
  // Without the key file the server still starts, so that somebody can choose another certificate.
  base::log_error("HTTPS is off: {}", shown.error().message);
  return {};
}

Result<http::TlsIdentityPtr> HttpsSwitch::identity_of(const std::string& certificate) const {
  const auto stored = store_.identity(certificate);
  if (!stored) return stored.error();
  auto identity = http::make_tls_identity(stored->chain, stored->key);
  if (!identity) return Error(identity.error()).within(fmt::format("certificate {}", certificate));
  return identity;
}

Result<http::TlsIdentityPtr> HttpsSwitch::identity() const {
  const auto chosen = store_.https().certificate;
  if (chosen.empty()) return Error{ErrorKind::conflict, "no certificate is chosen for HTTPS"};
  return identity_of(chosen);
}

Result<> HttpsSwitch::show(const std::string& certificate) {
  const auto identity = identity_of(certificate);
  if (!identity) return identity.error();
  if (server_) {
    server_->set_tls(*identity);
    return {};
  }
  auto how = options();
  how.tls = *identity;
  auto server = http::HttpServer::start(how, *router_, executors_);
  if (!server) return server.error();
  server_ = std::move(*server);
  last_port_ = server_->port();
  return {};
}

central::FieldResult<void> HttpsSwitch::enable(const std::string& certificate) {
  const std::lock_guard lock(mutex_);
  const auto before = store_.https();
  const std::string& chosen = certificate.empty() ? before.certificate : certificate;
  if (chosen.empty()) {
    return FieldError{"certificate",
                      {ErrorKind::invalid, "HTTPS needs a certificate: make or install one first"}};
  }
  const auto found = store_.find(chosen);
  if (!found) return FieldError{"certificate", found.error()};
  if (found->status != Status::normal) {
    return FieldError{
        "certificate",
        {ErrorKind::invalid, fmt::format("certificate {} is {}", chosen, to_string(found->status))}};
  }
  if (auto set = store_.set_https({true, chosen}); !set) return FieldError{{}, set.error()};
  if (auto shown = show(chosen); !shown) {
    // Nothing has changed for a client, so nothing may after a restart.
    if (auto reset = store_.set_https(before); !reset) return FieldError{{}, reset.error()};
    return FieldError{{}, shown.error()};
  }
  if (listener_) listener_();
  return {};
}

Result<> HttpsSwitch::disable() {
  const std::lock_guard lock(mutex_);
  if (auto set = store_.set_https({false, store_.https().certificate}); !set) return set;
  close();
  return {};
}

Result<> HttpsSwitch::uninstall() {
  const std::lock_guard lock(mutex_);
  if (auto set = store_.set_https({}); !set) return set;
  close();
  if (listener_) listener_();
  return {};
}

void HttpsSwitch::take(boost::asio::ip::tcp::socket socket, std::function<bool()> wanted) {
  const std::lock_guard lock(mutex_);
  if (server_) server_->serve(std::move(socket), std::move(wanted));
}

void HttpsSwitch::stop() {
  const std::lock_guard lock(mutex_);
  close();
}

void HttpsSwitch::close() {
  if (server_) server_->stop();
  server_.reset();
}

HttpsSwitch::State HttpsSwitch::state() const {
  const std::lock_guard lock(mutex_);
  const auto how = options();
  const std::uint16_t port = how.port ? how.port : last_port_;
  return {server_ != nullptr, store_.https().certificate, port, url_of(how.address, port)};
}

}  // namespace watchrig::api
