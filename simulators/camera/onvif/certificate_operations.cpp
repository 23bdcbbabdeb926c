// Certificates of a camera and which of them HTTPS shows (ONVIF Core, operations of the device service for
// certificate management).
#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/camera_certificates.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"
#include "system/base/base64.hpp"

namespace watchrig::camera {

using protocols::add;
using protocols::children;
using protocols::node_at;
using protocols::text_at;

namespace {

OnvifOutcome refuse(const base::Error& error) {
  using base::ErrorKind;
  if (error.kind == ErrorKind::full)
    return protocols::refuse({"ter:Action", "ter:MaxCertificates"}, error.message);
  if (error.kind == ErrorKind::not_found || error.kind == ErrorKind::conflict)
    return protocols::refuse({"ter:InvalidArgVal", "ter:CertificateID"}, error.message);
  return protocols::refuse({"ter:InvalidArgVal", "ter:CertificateFormat"}, error.message);
}

void add_certificate(OnvifCall& call, const CameraCertificates::Listed& certificate) {
  auto node = add(call.answer, "tds:NvtCertificate");
  add(node, "tt:CertificateID", certificate.id);
  add(add(node, "tt:Certificate"), "tt:Data", base::to_base64(certificate.der));
}

OnvifOutcome certificates(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& certificate : device.certificates->list()) add_certificate(call, certificate);
  return {};
}

OnvifOutcome create(const OnvifDevice& device, OnvifCall& call) {
  CameraCertificates::Validity validity{device.now(), device.now() + std::chrono::days(365)};
  for (const auto& [name, time] :
       {std::pair("ValidNotBefore", &validity.from), {"ValidNotAfter", &validity.until}}) {
    if (!node_at(call.request, name)) continue;
    const auto told = base::parse_utc(text_at(call.request, name));
    if (!told) return protocols::refuse({"ter:InvalidArgVal"}, told.error().message);
    *time = *told;
  }
  const auto made = device.certificates->create(text_at(call.request, "CertificateID"),
                                                text_at(call.request, "Subject"), validity);
  if (!made) return refuse(made.error());
  add_certificate(call, *made);
  return {};
}

OnvifOutcome status(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& certificate : device.certificates->list()) {
    auto node = add(call.answer, "tds:CertificateStatus");
    add(node, "tt:CertificateID", certificate.id);
    add(node, "tt:Status", certificate.used ? "true" : "false");
  }
  return {};
}

/// Of several that HTTPS could show it shows one.
OnvifOutcome set_status(const OnvifDevice& device, const OnvifCall& call) {
  std::string wanted;
  std::vector<std::string> unwanted;
  for (const auto& node : children(call.request, "CertificateStatus")) {
    const auto id = text_at(node, "CertificateID"), on = text_at(node, "Status");
    if (on == "true" || on == "1") {
      if (!wanted.empty())
        return protocols::refuse({"ter:InvalidArgVal", "ter:CertificateID"}, "HTTPS shows one certificate");
      wanted = id;
    } else {
      unwanted.push_back(id);
    }
  }
  const auto all = device.certificates->list();
  for (const auto& id : unwanted) {
    const auto found = std::ranges::find(all, id, &CameraCertificates::Listed::id);
    if (found == all.end() || (found->used && wanted.empty()))
      return protocols::refuse(
          {"ter:InvalidArgVal", "ter:CertificateID"},
          fmt::format("{} {}", id, found == all.end() ? "is none" : "is the only one shown"));
  }
  if (wanted.empty()) return {};
  if (const auto used = device.certificates->use(wanted); !used) return refuse(used.error());
  device.certified();
  return {};
}

OnvifOutcome remove(const OnvifDevice& device, const OnvifCall& call) {
  for (const auto& node : children(call.request, "CertificateID")) {
    if (const auto removed = device.certificates->remove(node.text().get()); !removed)
      return refuse(removed.error());
  }
  return {};
}

OnvifOutcome request(const OnvifDevice& device, OnvifCall& call) {
  if (node_at(call.request, "Attributes"))
    return protocols::refuse({"ter:InvalidArgVal"}, "a request of this camera has no attributes");
  const auto made =
      device.certificates->request(text_at(call.request, "CertificateID"), text_at(call.request, "Subject"));
  if (!made) return refuse(made.error());
  add(add(call.answer, "tds:Pkcs10Request"), "tt:Data", base::to_base64(*made));
  return {};
}

OnvifOutcome load(const OnvifDevice& device, const OnvifCall& call) {
  bool shown = false;
  for (const auto& node : children(call.request, "NVTCertificate")) {
    const auto id = text_at(node, "CertificateID");
    const auto der = base::from_base64(text_at(node, "Certificate/Data"));
    if (!der) return protocols::refuse({"ter:InvalidArgVal", "ter:CertificateFormat"}, "this is no base64");
    if (const auto loaded = device.certificates->load(id, *der); !loaded) return refuse(loaded.error());
    const auto all = device.certificates->list();
    shown = shown || std::ranges::any_of(all, [&](const auto& each) { return each.used && each.id == id; });
  }
  if (shown) device.certified();
  return {};
}

}  // namespace

std::vector<OnvifOperation> certificate_operations(OnvifDevice& d) {
  using A = AccessClass;
  return {
      {"CreateCertificate", A::write_system, [&d](OnvifCall& c) { return create(d, c); }},
      {"GetCertificates", A::read_system_secret, [&d](OnvifCall& c) { return certificates(d, c); }},
      {"GetCertificatesStatus", A::read_system_secret, [&d](OnvifCall& c) { return status(d, c); }},
      {"SetCertificatesStatus", A::write_system, [&d](OnvifCall& c) { return set_status(d, c); }},
      {"DeleteCertificates", A::unrecoverable, [&d](OnvifCall& c) { return remove(d, c); }},
      {"GetPkcs10Request", A::read_system_secret, [&d](OnvifCall& c) { return request(d, c); }},
      {"LoadCertificates", A::write_system, [&d](OnvifCall& c) { return load(d, c); }},
  };
}

}  // namespace watchrig::camera
