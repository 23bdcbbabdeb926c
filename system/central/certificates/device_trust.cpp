#include "system/central/certificates/device_trust.hpp"

#include <new>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "system/base/log.hpp"

namespace watchrig::central {

using base::Result;

/// What is known of one device's certificate.
struct DeviceTrust::Known {
  std::string device;  ///< empty: it is not added
  std::mutex mutex;
  State state;       ///< under mutex
  std::string told;  ///< the fingerprint that was refused last, and why
};

/// Of one connection; belongs to its SSL_CTX.
struct DeviceTrust::Judge {
  DeviceTrust& trust;
  const std::string policy;
  const std::shared_ptr<Known> known;

  int judge(X509_STORE_CTX* context) const;
  bool is_issued(X509_STORE_CTX* context) const;
  bool is_pinned(X509_STORE_CTX* context, const CertificateFacts& facts) const;
  void note(bool believed, const CertificateFacts& facts, long verified) const;

  static int place();
  static int verify(X509_STORE_CTX* context, void* judge) {
    return static_cast<Judge*>(judge)->judge(context);
  }
};

namespace {

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};

Event event_of(const Device& device, std::string type, const CertificateFacts& facts) {
  Event event;
  event.type = std::move(type);
  event.channel_name = device.name;
  if (!device.channels.empty()) {
    event.channel = device.channels.front().id;
    event.channel_name = device.channels.front().name;
  }
  event.cause = "certificate";
  event.data = {{"device", device.id},
                {"fingerprint", facts.fingerprint},
                {"subject", facts.subject},
                {"issuer", facts.issuer},
                {"valid_until", base::format_utc(facts.not_after)}};
  return event;
}

}  // namespace

int DeviceTrust::Judge::place() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* judge, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Judge*>(judge); });
  return index;
}

/// In the place of OpenSSL's own verification: whatever is to be said is said after it.
int DeviceTrust::Judge::judge(X509_STORE_CTX* context) const {
  if (policy == "any") return 1;
  const auto facts = facts_of(X509_STORE_CTX_get0_cert(context));
  const bool believed = policy == "authority" ? is_issued(context) : is_pinned(context, facts);
  note(believed, facts, X509_STORE_CTX_get_error(context));
  return believed ? 1 : 0;
}

/// By what is trusted now. The name to be shown is the connection's, which knows where it leads.
bool DeviceTrust::Judge::is_issued(X509_STORE_CTX* context) const {
  const std::unique_ptr<STACK_OF(X509), FreeStack> roots(sk_X509_new_null());
  const auto& authorities = trust.parts_.authorities;
  for (const auto& trusted : authorities.list()) {
    const auto pem = authorities.certificate(trusted.id);
    auto read = pem ? read_certificates(*pem) : Result<std::vector<X509Ptr>>(pem.error());
    if (read) sk_X509_push(roots.get(), read->front().release());
  }
  X509_STORE_CTX_set0_trusted_stack(context, roots.get());
  auto* wanted = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(wanted, to_unix(trust.parts_.clock.now()));
  const bool issued = X509_verify_cert(context) == 1;
  X509_STORE_CTX_set0_trusted_stack(context, nullptr);
  return issued;
}

bool DeviceTrust::Judge::is_pinned(X509_STORE_CTX* context, const CertificateFacts& facts) const {
  const std::lock_guard lock(known->mutex);
  auto& state = known->state;
  if (state.pin.empty()) {
    state.pin = facts.fingerprint;
    if (!known->device.empty()) {
      boost::asio::post(trust.executor_, [&t = trust, known = known, facts] { t.keep_pin(known, facts); });
    }
  }
  if (state.pin == facts.fingerprint) return true;
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return false;
}

void DeviceTrust::Judge::note(bool believed, const CertificateFacts& facts, long verified) const {
  std::string pin;
  Seen seen{facts, trust.parts_.clock.now(), base::certificate_refusal(verified)};
  {
    const std::lock_guard lock(known->mutex);
    if (believed) {
      known->state.refused.reset();
      known->told.clear();
      return;
    }
    known->state.refused = seen;
    auto now = fmt::format("{} {}", facts.fingerprint, verified);
    if (now == known->told) return;
    known->told = std::move(now);
    pin = known->state.pin;
  }
  if (known->device.empty()) return;
  boost::asio::post(trust.executor_,
                    [&t = trust, known = known, seen, pin = policy == "pin" ? pin : std::string()] {
                      t.tell_refused(known->device, seen, pin);
                    });
}

DeviceTrust::DeviceTrust(Parts parts, boost::asio::any_io_executor executor)
    : parts_(parts), executor_(std::move(executor)) {}

std::shared_ptr<DeviceTrust::Known> DeviceTrust::known(const std::string& device) {
  const std::lock_guard lock(mutex_);
  auto& found = known_[device];
  if (found) return found;
  found = std::make_shared<Known>();
  found->device = device;
  if (const auto pin = parts_.registry.certificate_pin(device)) found->state.pin = *pin;
  return found;
}

base::TlsTrust DeviceTrust::of(const Device& device) {
  // What is known is looked up where a handshake asks for it: few devices have any.
  return [this, id = device.id, stranger = std::make_shared<Known>(), policy = device.certificate] {
    auto about = id.empty() ? stranger : known(id);
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (!context) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    auto judge = std::make_unique<Judge>(Judge{*this, policy, std::move(about)});
    SSL_CTX_set_cert_verify_callback(context.get(), &Judge::verify, judge.get());
    SSL_CTX_set_ex_data(context.get(), Judge::place(), judge.release());
    return context;
  };
}

void DeviceTrust::keep_pin(const std::shared_ptr<Known>& known, const CertificateFacts& facts) {
  const auto device = parts_.registry.find(known->device);
  if (!device) return;
  if (const auto kept = parts_.registry.set_certificate_pin(known->device, facts.fingerprint); !kept)
    base::log_error("device \"{}\": its certificate cannot be kept: {}", (*device)->name,
                    kept.error().message);
  auto event = event_of(**device, "device.certificate-pinned", facts);
  event.message =
      fmt::format("device \"{}\": its certificate was seen for the first time, and is believed from now on",
                  (*device)->name);
  parts_.events.append(std::move(event));
}

void DeviceTrust::tell_refused(const std::string& id, const Seen& seen, const std::string& pin) {
  const auto device = parts_.registry.find(id);
  if (!device) return;
  auto event = event_of(**device, "device.certificate-refused", seen.facts);
  event.message = fmt::format("device \"{}\": {}", (*device)->name, seen.why);
  if (!pin.empty()) event.data["pinned"] = pin;
  parts_.events.append(std::move(event));
}

Result<DeviceTrust::State> DeviceTrust::state(const std::string& device) {
  if (const auto found = parts_.registry.find(device); !found) return found.error();
  const auto about = known(device);
  const std::lock_guard lock(about->mutex);
  return about->state;
}

Result<> DeviceTrust::accept(const std::string& device, const std::string& fingerprint) {
  if (const auto found = parts_.registry.find(device); !found) return found.error();
  const auto about = known(device);
  const std::lock_guard lock(about->mutex);
  if (const auto kept = parts_.registry.set_certificate_pin(device, fingerprint); !kept) return kept;
  about->state = {fingerprint, std::nullopt};
  about->told.clear();
  return {};
}

}  // namespace watchrig::central
