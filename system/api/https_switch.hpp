#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "system/central/access/access_filter.hpp"
#include "system/central/certificates/certificate_store.hpp"
#include "system/central/field_error.hpp"
#include "system/central/settings/settings.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::api {

/// HTTPS beside plain HTTP, on or off at any time (IVSS 8.6.1.2). It can be on only with a certificate of the
/// store, which remembers both over restarts. Any thread.
class HttpsSwitch {
 public:
  struct State {
    bool enabled = false;
    std::string certificate;  ///< the id of the chosen one; empty: none
    std::uint16_t port = 0;   ///< the one it listens on, or last did, or would
    std::string url;          ///< without the port where that is 443
  };

  HttpsSwitch(central::CertificateStore& store, const central::Settings& settings,
              const central::AccessFilter& access)
      : store_(store), settings_(settings), access_(access) {}

  /// Before open().
  void serve(const http::Router& router, http::HttpServer::Executors executors);
  /// Goes on as before the restart, or the change of its port; an expired certificate is still shown, because
  /// it still encrypts. Errors: unavailable (the port is taken), invalid.
  base::Result<> open();
  /// Shows the certificate, the chosen one when `certificate` is empty, from the next connection on. Errors:
  /// invalid (there is none, it is incomplete or expired), not_found, unavailable (the port is taken).
  central::FieldResult<void> enable(const std::string& certificate);
  /// Closes the port; the certificate stays chosen.
  base::Result<> disable();
  /// Closes the port and chooses no certificate any more.
  base::Result<> uninstall();
  /// Serves a connection that did not come by the port; drops it while HTTPS is off.
  void take(boost::asio::ip::tcp::socket socket, std::function<bool()> wanted);
  /// Closes the port until open().
  void stop();
  /// Called after each change of the certificate that is chosen, on the thread that has changed it; must not
  /// call back. Before open().
  void listen(std::function<void()> listener) { listener_ = std::move(listener); }
  /// The certificate that is chosen, which encrypts streams too, also while HTTPS is off. Errors: conflict
  /// (none is chosen), denied (its key was sealed with another key file).
  base::Result<http::TlsIdentityPtr> identity() const;

  State state() const;

 private:
  http::HttpServer::Options options() const;
  base::Result<http::TlsIdentityPtr> identity_of(const std::string& certificate) const;
  base::Result<> show(const std::string& certificate);
  void close();

  central::CertificateStore& store_;
  const central::Settings& settings_;
  const central::AccessFilter& access_;
  const http::Router* router_ = nullptr;
  http::HttpServer::Executors executors_;
  std::function<void()> listener_;
  mutable std::mutex mutex_;
  std::unique_ptr<http::HttpServer> server_;
  std::uint16_t last_port_ = 0;
};

}  // namespace watchrig::api
