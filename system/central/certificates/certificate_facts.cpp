#include "system/central/certificates/certificate_facts.hpp"

#include <algorithm>
#include <array>
#include <ifaddrs.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <openssl/x509v3.h>

#include "system/base/text.hpp"

namespace watchrig::central {

namespace asio = boost::asio;

namespace {

std::string ip_text(const unsigned char* bytes, std::size_t size) {
  if (size == 4) {
    asio::ip::address_v4::bytes_type v4;
    std::copy_n(bytes, size, v4.begin());
    return asio::ip::address_v4(v4).to_string();
  }
  asio::ip::address_v6::bytes_type v6{};
  if (size != v6.size()) return {};
  std::copy_n(bytes, size, v6.begin());
  return asio::ip::address_v6(v6).to_string();
}

std::vector<std::string> addresses_of(X509* certificate) {
  std::vector<std::string> list;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    const auto* bytes = ASN1_STRING_get0_data(value);
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
    list.push_back(name->type == GEN_IPADD ? ip_text(bytes, size)
                                           : std::string(reinterpret_cast<const char*>(bytes), size));
  }
  return list;
}

bool is_ip(const std::string& text) {
  boost::system::error_code failure;
  asio::ip::make_address(text, failure);
  return !failure;
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

CertificateFacts facts_of(X509* certificate) {
  CertificateFacts facts;
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  facts.serial =
      base::to_hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)));
  facts.subject = name_text(X509_get_subject_name(certificate));
  facts.issuer = name_text(X509_get_issuer_name(certificate));
  facts.not_before = to_utc(X509_get0_notBefore(certificate));
  facts.not_after = to_utc(X509_get0_notAfter(certificate));
  facts.addresses = addresses_of(certificate);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  facts.fingerprint = base::to_hex(digest.data(), size);
  return facts;
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> list;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return list;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, ::freeifaddrs);
  for (const ifaddrs* one = first; one; one = one->ifa_next) {
    if (!one->ifa_addr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
      list.push_back(ip_text(reinterpret_cast<const unsigned char*>(&v4->sin_addr), 4));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
      if (!IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
        list.push_back(ip_text(reinterpret_cast<const unsigned char*>(&v6->sin6_addr), 16));
    }
  }
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) list.emplace_back(name.data());
  return list;
}

AddressState address_state(const std::vector<std::string>& certified, const std::vector<std::string>& own) {
  bool unknown = false;
  for (const auto& address : certified) {
    if (std::ranges::find(own, address) != own.end()) return AddressState::matches;
    unknown = unknown || !is_ip(address);
  }
  return unknown ? AddressState::unknown : AddressState::differs;
}

std::string_view to_string(AddressState state) {
  switch (state) {
    case AddressState::matches:
      return "matches";
    case AddressState::differs:
      return "differs";
    case AddressState::unknown:
      break;
  }
  return "unknown";
}

}  // namespace watchrig::central
