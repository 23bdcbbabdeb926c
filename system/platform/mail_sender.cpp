#include "system/platform/mail_sender.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/platform/curl_handle.hpp"
#include "system/platform/mail_message.hpp"

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

using List = std::unique_ptr<curl_slist, CurlFree<curl_slist_free_all>>;
using Mime = std::unique_ptr<curl_mime, CurlFree<curl_mime_free>>;

List list_of(const std::vector<std::string>& lines) {
  curl_slist* list = nullptr;
  for (const auto& line : lines) list = curl_slist_append(list, line.c_str());
  return List(list);
}

/// Keeps the last refusal that the server said.
std::size_t keep_refusal(char* data, std::size_t size, std::size_t count, void* target) {
  if (size * count == 0 || (*data != '4' && *data != '5')) return size * count;
  auto& reply = *static_cast<std::string*>(target);
  reply.assign(data, std::min<std::size_t>(size * count, 200));
  std::replace_if(
      reply.begin(), reply.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  reply = base::trim(reply);
  return size * count;
}

Error failure(CURLcode code, long status, const MailServer& server, const std::string& reply) {
  const auto at = fmt::format("mail server {}:{}", server.host, server.port);
  const auto said = reply.empty() ? std::string() : fmt::format(" (it said: {})", reply);
  const auto make = [&](ErrorKind kind, std::string_view what) {
    return Error{kind, fmt::format("{}: {}{}", at, what, said)};
  };
  const auto silent = [&](ErrorKind kind, std::string_view what) {
    return Error{kind, fmt::format("{}: {}", at, what)};
  };
  switch (code) {
    case CURLE_LOGIN_DENIED:
      return make(
          ErrorKind::denied,
          "the user name or the password is refused; some providers want an authorisation code instead "
          "of the mailbox's password");
    case CURLE_COULDNT_RESOLVE_HOST:
      return silent(ErrorKind::unavailable, "the name is not known; check the address and the DNS server");
    case CURLE_COULDNT_CONNECT:
      return silent(ErrorKind::unavailable, "no connection; check address, port and firewall");
    case CURLE_OPERATION_TIMEDOUT:
      return silent(ErrorKind::timeout, "no answer in time; check port and encryption");
    case CURLE_ABORTED_BY_CALLBACK:
      return silent(ErrorKind::cancelled, "the server is stopping");
    case CURLE_USE_SSL_FAILED:
      return make(ErrorKind::unavailable, "offers no STARTTLS; choose SSL, or another port");
    case CURLE_SSL_CONNECT_ERROR:
      return silent(ErrorKind::unavailable, "no TLS is spoken there; check port and encryption");
    case CURLE_PEER_FAILED_VERIFICATION:
      return silent(ErrorKind::unavailable,
                    "its certificate is not trusted or is for another name; check the address");
    default:
      break;
  }
  if (status >= 400) return make(ErrorKind::io, "refuses the mail; check sender and receivers");
  return make(ErrorKind::io, curl_easy_strerror(code));
}

void set_server(CURL* handle, const MailServer& server) {
  const bool ssl = server.encryption == MailEncryption::ssl;
  const bool ip6 = server.host.find(':') != std::string::npos;
  const auto url = ip6 ? fmt::format("{}://[{}]:{}", ssl ? "smtps" : "smtp", server.host, server.port)
                       : fmt::format("{}://{}:{}", ssl ? "smtps" : "smtp", server.host, server.port);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   server.encryption == MailEncryption::tls ? CURLUSESSL_ALL : CURLUSESSL_NONE);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, server.verify ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, server.verify ? 2L : 0L);
  if (!server.authorities.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, server.authorities.c_str());
  if (server.username.empty()) return;
  curl_easy_setopt(handle, CURLOPT_USERNAME, server.username.c_str());
  curl_easy_setopt(handle, CURLOPT_PASSWORD, server.password.c_str());
}

Result<> check(const MailServer& server, const Mail& mail) {
  if (server.host.empty() || mail.receivers.empty()) {
    return Error{ErrorKind::invalid, "a mail needs a server and a receiver"};
  }
  for (const auto& address : mail.receivers) {
    if (!is_sendable_address(address))
      return Error{ErrorKind::invalid, fmt::format("\"{}\" is no mail address", address)};
  }
  if (!is_sendable_address(mail.sender))
    return Error{ErrorKind::invalid, fmt::format("the sender \"{}\" is no mail address", mail.sender)};
  return {};
}

}  // namespace

Result<> send_mail(const MailServer& server, const Mail& mail, base::Duration deadline,
                   const std::stop_token& stop) {
  if (auto checked = check(server, mail); !checked) return checked;
  const CurlHandle handle = make_curl_handle();
  if (!handle) return Error{ErrorKind::io, "libcurl cannot be set up"};
  set_server(handle.get(), server);

  const List header = list_of(mail_header(mail));
  const List receivers = list_of(mail.receivers);
  const Mime mime(curl_mime_init(handle.get()));
  curl_mimepart* part = curl_mime_addpart(mime.get());
  const std::string text = with_line_ends(mail.text);
  curl_mime_data(part, text.data(), text.size());
  curl_mime_type(part, "text/plain; charset=utf-8");
  curl_mime_encoder(part, "quoted-printable");
  curl_easy_setopt(handle.get(), CURLOPT_MIMEPOST, mime.get());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, header.get());
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_FROM, mail.sender.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, receivers.get());

  std::string reply;
  set_limits(handle.get(), deadline, stop);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERFUNCTION, keep_refusal);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERDATA, &reply);
  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_OK) return {};
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return failure(code, status, server, reply);
}

MailSender::MailSender() : thread_([this](const std::stop_token& stop) { work(stop); }) {}

MailSender::~MailSender() {
  thread_.request_stop();
  thread_.join();
}

Result<> MailSender::post(MailServer server, Mail mail, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting) {
      return Error{ErrorKind::full,
                   fmt::format("{} mails are waiting already; is the mail server reachable?", most_waiting)};
    }
    waiting_.push_back({std::move(server), std::move(mail), std::move(done)});
  }
  wake_.notify_one();
  return {};
}

void MailSender::work(const std::stop_token& stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const auto sent = send_mail(job.server, job.mail, deadline, stop);
    if (stop.stop_requested()) return;
    job.done(sent);
  }
}

}  // namespace watchrig::platform
