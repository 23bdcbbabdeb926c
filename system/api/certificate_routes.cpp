#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/certificate_json.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::StoredCertificate;
using http::Request;
using http::Response;

namespace {

const http::Guard security{"security"};

/// Of the server's certificates, or of those whom it believes.
json::object find(const auto& list, std::string_view id) {
  for (const auto& one : list) {
    if (one.id == id) return to_json(one);
  }
  return {};
}

void tell_certificate(ServerParts& parts, const Request& request, std::string_view what, std::string_view id,
                      const json::object& before, const json::object& after) {
  tell_change(parts, request, fmt::format("certificate.{}", what),
              fmt::format("certificate {} was {} by \"{}\"", id, what, request.account),
              {{"certificate", id}}, before, after);
}

Response tell_stored(ServerParts& parts, const Request& request,
                     const central::FieldResult<StoredCertificate>& stored, const json::object& before = {}) {
  if (!stored) return error_response(stored.error());
  const bool is_new = before.empty();
  tell_certificate(parts, request, is_new ? "added" : "changed", stored->id, before, to_json(*stored));
  return http::json_response(is_new ? 201 : 200, to_json(*stored));
}

Response to_file(const base::Result<std::string>& pem, const std::string& name) {
  if (!pem) return http::error_response(pem.error());
  return http::file_response("application/x-pem-file", name, *pem);
}

central::CertificateSubject subject_of(FieldReader& fields) {
  return {fields.text("country"),  fields.text("address"),          fields.text("province", ""),
          fields.text("city", ""), fields.text("organisation", ""), fields.text("unit", "")};
}

Response list_certificates(ServerParts& parts, const Request&) {
  json::array list;
  for (const auto& one : parts.central.certificates().list()) list.push_back(to_json(one));
  return http::json_response(200, json::object{{"certificates", std::move(list)}});
}

Response show_certificate(ServerParts& parts, const Request& request) {
  auto found = find(parts.central.certificates().list(), request.param("certificate"));
  if (!found.empty()) return http::json_response(200, std::move(found));
  return http::error_response(404, "not_found", {},
                              fmt::format("there is no certificate \"{}\"", request.param("certificate")));
}

Response make(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto name = fields.text("name", "");
  const auto subject = subject_of(fields);
  const auto days = fields.number("valid_days", 1, central::most_valid_days);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return tell_stored(parts, request,
                     parts.central.certificates().make(name, subject, static_cast<int>(days)));
}

Response ask(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto name = fields.text("name", "");
  const auto subject = subject_of(fields);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return tell_stored(parts, request, parts.central.certificates().request(name, subject));
}

Response complete(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto certificate = fields.text("certificate");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto id = request.param("certificate");
  const auto before = find(parts.central.certificates().list(), id);
  return tell_stored(parts, request, parts.central.certificates().complete(id, certificate), before);
}

Response install(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto name = fields.text("name", "");
  const auto certificate = fields.text("certificate");
  const auto key = fields.text("key");
  const auto passphrase = fields.text("passphrase", "");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return tell_stored(parts, request,
                     parts.central.certificates().install(name, certificate, key, passphrase));
}

Response rename(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto name = fields.text("name");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto id = request.param("certificate");
  const auto before = find(parts.central.certificates().list(), id);
  return tell_stored(parts, request, parts.central.certificates().rename(id, name), before);
}

Response remove(ServerParts& parts, const Request& request) {
  const auto id = request.param("certificate");
  const auto before = find(parts.central.certificates().list(), id);
  const auto removed = parts.central.certificates().remove(id);
  if (!removed) return http::error_response(removed.error());
  tell_certificate(parts, request, "removed", id, before, {});
  return http::no_content();
}

Response show_file(ServerParts& parts, const Request& request) {
  const auto id = request.param("certificate");
  return to_file(parts.central.certificates().certificate(id), "certificate.crt");
}

Response show_request(ServerParts& parts, const Request& request) {
  const auto id = request.param("certificate");
  return to_file(parts.central.certificates().request_text(id), "request.csr");
}

Response show_root(ServerParts& parts, const Request&) {
  return to_file(parts.central.certificates().root(), "ca.crt");
}

Response list_authorities(ServerParts& parts, const Request&) {
  json::array list;
  for (const auto& one : parts.central.authorities().list()) list.push_back(to_json(one));
  return http::json_response(200, json::object{{"authorities", std::move(list)}});
}

Response trust(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto certificate = fields.text("certificate");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto added = parts.central.authorities().add(certificate);
  if (!added) return error_response(added.error());
  json::array list;
  for (const auto& one : *added) {
    tell_certificate(parts, request, "trusted", one.id, {}, to_json(one));
    list.push_back(to_json(one));
  }
  return http::json_response(201, json::object{{"authorities", std::move(list)}});
}

Response distrust(ServerParts& parts, const Request& request) {
  const auto id = request.param("authority");
  const auto before = find(parts.central.authorities().list(), id);
  const auto removed = parts.central.authorities().remove(id);
  if (!removed) return http::error_response(removed.error());
  tell_certificate(parts, request, "distrusted", id, before, {});
  return http::no_content();
}

Response check_chain(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto chain = fields.text("chain");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto verified = parts.central.authorities().verify(chain);
  if (!verified && verified.error().kind != base::ErrorKind::denied)
    return http::error_response(verified.error(), "chain");
  return http::json_response(200, json::object{{"trusted", verified.has_value()},
                                               {"reason", verified ? "" : verified.error().message}});
}

}  // namespace

void add_certificate_routes(http::Router& router, ServerParts& parts) {
  using Work = Response (*)(ServerParts&, const Request&);
  const auto add = [&](const char* method, const char* pattern, const char* summary, Work work) {
    router.add_plain(method, pattern, security, summary,
                     [&parts, work](const Request& request) { return work(parts, request); });
  };
  add("GET", "/api/v1/certificates", "Certificates of the server with their states", list_certificates);
  add("POST", "/api/v1/certificates", "Makes a certificate, issued by the server's own root", make);
  add("POST", "/api/v1/certificate-requests", "Makes a key and a request for another authority", ask);
  add("POST", "/api/v1/installed-certificates", "Installs a certificate with its key", install);
  add("GET", "/api/v1/certificates/ca.crt", "The server's own root, for clients to trust", show_root);
  add("GET", "/api/v1/certificates/{certificate}", "One certificate with its state", show_certificate);
  add("PUT", "/api/v1/certificates/{certificate}", "Renames a certificate", rename);
  add("DELETE", "/api/v1/certificates/{certificate}", "Deletes a certificate that is not in use", remove);
  add("GET", "/api/v1/certificates/{certificate}/file", "The certificate with its chain in PEM", show_file);
  add("GET", "/api/v1/certificates/{certificate}/request", "The request in PEM (PKCS#10)", show_request);
  add("PUT", "/api/v1/certificates/{certificate}/answer", "Imports what the authority has answered",
      complete);
  add("GET", "/api/v1/trusted-authorities", "Whose certificates of others are believed", list_authorities);
  add("POST", "/api/v1/trusted-authorities", "Trusts the authorities of a PEM text", trust);
  add("DELETE", "/api/v1/trusted-authorities/{authority}", "Trusts an authority no more", distrust);
  add("POST", "/api/v1/trusted-authorities/check", "Whether a chain in PEM leads to a trusted authority",
      check_chain);
}

}  // namespace watchrig::api
