#pragma once

#include <string>

namespace watchrig::http {

/// A key and a certificate that it has signed itself, both in PEM, for 127.0.0.1.
struct TestCertificate {
  std::string certificate;
  std::string key;
};
TestCertificate make_test_certificate(const std::string& name);

}  // namespace watchrig::http
