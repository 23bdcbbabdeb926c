#include "simulators/services/smtp/mail_server.hpp"

#include <curl/curl.h>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

namespace watchrig::services {
namespace {

std::size_t read_text(char* buffer, std::size_t size, std::size_t count, void* source) {
  auto& text = *static_cast<std::string_view*>(source);
  const std::size_t copied = text.copy(buffer, size * count);
  text.remove_prefix(copied);
  return copied;
}

/// libcurl as the client.
class MailServerTest : public testing::Test {
 protected:
  void SetUp() override { start({.id = "mail", .user = "vms", .password = "pw"}); }
  void TearDown() override {
    server->stop();
    io.stop();
    thread.join();
  }
  void start(MailServerSpec spec) {
    server = std::make_shared<MailServer>(std::move(spec), clock, io.get_executor());
    ASSERT_TRUE(server->start());
    thread = std::thread([this] { io.run(); });
  }

  CURLcode send(const std::string& user, const std::string& password) {
    CURL* handle = curl_easy_init();
    const auto url =
        fmt::format("{}://127.0.0.1:{}", scheme, server->description().at("port").to_number<int>());
    curl_slist* receivers = curl_slist_append(nullptr, "a@example.org");
    std::string_view text = "Subject: Hello\r\n\r\none\r\n.two\r\n";
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, patience_ms);
    if (!user.empty()) {
      curl_easy_setopt(handle, CURLOPT_USERNAME, user.c_str());
      curl_easy_setopt(handle, CURLOPT_PASSWORD, password.c_str());
    }
    curl_easy_setopt(handle, CURLOPT_LOGIN_OPTIONS, options.c_str());
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, "vms@example.org");
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, receivers);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_text);
    curl_easy_setopt(handle, CURLOPT_READDATA, &text);
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_USE_SSL, wants_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    const CURLcode code = curl_easy_perform(handle);
    curl_slist_free_all(receivers);
    curl_easy_cleanup(handle);
    return code;
  }
  boost::json::value ledger() { return boost::json::parse(server->ledger({}).value()); }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  base::Clock clock;
  std::shared_ptr<MailServer> server;
  std::thread thread;
  std::string options = "AUTH=*";
  std::string scheme = "smtp";
  bool wants_tls = false;
  long patience_ms = 5000;
};

/// With TLS from the first byte, or by STARTTLS.
class EncryptedMailTest : public MailServerTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    start({.id = "mail", .user = "vms", .password = "pw", .encryption = GetParam()});
    scheme = std::string_view(GetParam()) == "ssl" ? "smtps" : "smtp";
    wants_tls = std::string_view(GetParam()) == "tls";
  }
};

TEST_P(EncryptedMailTest, takes_mails_by_tls_only) {
  EXPECT_EQ(send("vms", "pw"), CURLE_OK);
  EXPECT_EQ(send("vms", "wrong"), CURLE_LOGIN_DENIED);
  scheme = "smtp";
  wants_tls = false;
  patience_ms = 500;  // where TLS is expected nobody greets
  EXPECT_NE(send("vms", "pw"), CURLE_OK);
  EXPECT_EQ(ledger().at("mails").as_array().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Ways, EncryptedMailTest, testing::Values("ssl", "tls"));

TEST_F(MailServerTest, offers_no_starttls_unless_it_is_said_so) {
  wants_tls = true;
  EXPECT_EQ(send("vms", "pw"), CURLE_USE_SSL_FAILED);
}

TEST_F(MailServerTest, takes_a_mail_of_who_has_signed_in) {
  for (const auto* mechanism : {"AUTH=PLAIN", "AUTH=LOGIN"}) {
    options = mechanism;
    EXPECT_EQ(send("vms", "pw"), CURLE_OK) << mechanism;
  }
  const auto told = ledger();
  const auto& mails = told.at("mails").as_array();
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].at("text"), "one\r\n.two\r\n");
  EXPECT_EQ(mails[0].at("user"), "vms");
  EXPECT_EQ(mails[0].at("receivers").as_array().at(0), "a@example.org");
}

TEST_F(MailServerTest, refuses_a_wrong_password_and_nobody) {
  EXPECT_EQ(send("vms", "pv"), CURLE_LOGIN_DENIED);
  EXPECT_EQ(send("", ""), CURLE_SEND_ERROR);
  EXPECT_EQ(ledger().at("refused_logins").to_number<int>(), 1);
  EXPECT_TRUE(ledger().at("mails").as_array().empty());
}

TEST_F(MailServerTest, lies_when_it_is_told_to) {
  ASSERT_TRUE(server->inject({{"verb", "lie"}, {"what", "refuse-login"}}));
  EXPECT_EQ(send("vms", "pw"), CURLE_LOGIN_DENIED);
  EXPECT_EQ(server->withdraw_all(), 1U);
  EXPECT_EQ(send("vms", "pw"), CURLE_OK);
  EXPECT_FALSE(server->inject({{"verb", "lie"}, {"what", "sing"}}));
}

}  // namespace
}  // namespace watchrig::services
