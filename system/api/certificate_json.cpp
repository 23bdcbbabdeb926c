#include "system/api/certificate_json.hpp"

#include <boost/json/array.hpp>

namespace watchrig::api {

namespace json = boost::json;

namespace {

void add_facts(json::object& object, const central::CertificateFacts& facts) {
  object["serial"] = facts.serial;
  object["not_before"] = base::format_utc(facts.not_before, 0);
  object["not_after"] = base::format_utc(facts.not_after, 0);
  object["subject"] = facts.subject;
  object["issuer"] = facts.issuer;
  object["fingerprint"] = facts.fingerprint;
}

}  // namespace

json::object to_json(const central::StoredCertificate& certificate) {
  json::object object{{"id", certificate.id},
                      {"name", certificate.name},
                      {"origin", to_string(certificate.origin)},
                      {"status", to_string(certificate.status)},
                      {"subject", certificate.subject}};
  json::array usage;
  if (certificate.used) usage.emplace_back("https");
  object["usage"] = std::move(usage);
  if (!certificate.facts) return object;
  add_facts(object, *certificate.facts);
  json::array addresses;
  for (const auto& address : certificate.facts->addresses) addresses.emplace_back(address);
  object["addresses"] = std::move(addresses);
  object["address_state"] = to_string(certificate.address);
  return object;
}

json::object to_json(const central::TrustedAuthorities::Trusted& authority) {
  json::object object{{"id", authority.id}, {"status", authority.expired ? "expired" : "normal"}};
  add_facts(object, authority.facts);
  return object;
}

}  // namespace watchrig::api
