#pragma once

#include <functional>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace watchrig::base {

/// Makes the OpenSSL context (SSL_CTX) of one connection to a server, by which its certificate is judged
/// before anything is said to it. None: nobody is believed. Any thread.
using TlsTrust = std::function<std::shared_ptr<ssl_ctx_st>()>;

/// Why a certificate was refused and what to do, by the code that OpenSSL's verification ended with;
/// X509_V_ERR_APPLICATION_VERIFICATION is one that is not the pinned one.
std::string certificate_refusal(long verified);

}  // namespace watchrig::base
