#include "system/platform/mail_sender.hpp"

#include <future>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>

#include "system/platform/testing/peer_program.hpp"

namespace watchrig::platform {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* password = "Mail.Pass-26";

/// Against aiosmtpd.
class MailSenderTest : public ::testing::Test {
 protected:
  /// False when the peer is not installed.
  bool start(const std::string& mode, bool with_account) {
    // Debian's own Python, which has Debian's packages.
    std::vector<std::string> command{"/usr/bin/python3", "system/platform/testing/mail_server.py", mode};
    if (with_account) command.insert(command.end(), {"gate", password});
    peer = std::make_unique<testing::PeerProgram>(command);
    const auto ready = peer->line();
    if (!ready) return false;
    server.host = "127.0.0.1";
    server.port = ready->at("port").to_number<unsigned>();
    server.encryption = mode == "none"  ? MailEncryption::none
                        : mode == "ssl" ? MailEncryption::ssl
                                        : MailEncryption::tls;
    if (mode != "none") server.authorities = std::string(ready->at("certificate").as_string());
    if (with_account) {
      server.username = "gate";
      server.password = password;
    }
    return true;
  }

  base::Result<> send() const { return send_mail(server, mail, 20s); }

  std::unique_ptr<testing::PeerProgram> peer;
  MailServer server;
  Mail mail{"vms@example.org", {"a@example.org", "b@example.org"}, "Gate", "one\n.\nthree ä\n", {}};
};

#define START_OR_SKIP(mode, with_account) \
  if (!start(mode, with_account)) GTEST_SKIP() << "python3-aiosmtpd is not installed (tools/setup.sh)"

TEST_F(MailSenderTest, a_mail_arrives_whole_at_every_receiver) {
  START_OR_SKIP("none", false);
  const auto sent = send();
  ASSERT_TRUE(sent) << sent.error().message;
  const auto got = peer->line();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->at("sender"), "vms@example.org");
  EXPECT_EQ(got->at("receivers").as_array().size(), 2U);
  const std::string text(got->at("text").as_string());
  EXPECT_THAT(text, HasSubstr("Subject: Gate\r\n"));
  EXPECT_THAT(text, HasSubstr("one\r\n.\r\nthree =C3=A4\r\n"));
}

TEST_F(MailSenderTest, tls_and_ssl_are_encrypted_and_authenticated) {
  for (const auto* mode : {"tls", "ssl"}) {
    START_OR_SKIP(mode, true);
    const auto sent = send();
    ASSERT_TRUE(sent) << mode << sent.error().message;
    const auto got = peer->line();
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->at("authenticated").as_bool()) << mode;
    if (server.encryption == MailEncryption::tls) {
      EXPECT_TRUE(got->at("encrypted").as_bool());
    }
  }
}

TEST_F(MailSenderTest, a_wrong_password_is_named_but_not_told) {
  for (const auto* mode : {"none", "tls", "ssl"}) {
    START_OR_SKIP(mode, true);
    server.password = "Wrong.Pass-27";
    const auto sent = send();
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().kind, ErrorKind::denied) << mode << sent.error().message;
    EXPECT_THAT(sent.error().message, HasSubstr("password is refused"));
    EXPECT_THAT(sent.error().message, Not(HasSubstr("Wrong")));
  }
}

TEST_F(MailSenderTest, a_certificate_that_nobody_vouches_for_is_refused_unless_told_otherwise) {
  START_OR_SKIP("tls", true);
  server.authorities.clear();
  const auto sent = send();
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message, HasSubstr("certificate is not trusted"));
  server.verify = false;
  EXPECT_TRUE(send());
}

TEST_F(MailSenderTest, no_mail_goes_out_readable_when_encryption_was_asked_for) {
  START_OR_SKIP("none", false);
  server.encryption = MailEncryption::tls;
  const auto tls = send();
  ASSERT_FALSE(tls);
  EXPECT_THAT(tls.error().message, HasSubstr("STARTTLS"));
  server.encryption = MailEncryption::ssl;
  const auto ssl = send();
  ASSERT_FALSE(ssl);
  EXPECT_EQ(ssl.error().kind, ErrorKind::unavailable) << ssl.error().message;
}

TEST_F(MailSenderTest, a_refused_receiver_is_said_with_the_servers_words) {
  START_OR_SKIP("none", false);
  mail.receivers = {"refused@example.org"};
  const auto sent = send();
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message, HasSubstr("550 no such mailbox"));
}

TEST_F(MailSenderTest, nobody_listening_is_unavailable_and_a_silent_server_a_timeout) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  server.host = "127.0.0.1";
  server.port = silent.local_endpoint().port();
  EXPECT_EQ(send_mail(server, mail, 300ms).error().kind, ErrorKind::timeout);
  silent.close();
  EXPECT_EQ(send().error().kind, ErrorKind::unavailable);
}

TEST_F(MailSenderTest, what_is_no_mail_is_not_sent) {
  server.host = "127.0.0.1";
  mail.receivers = {"a@example.org\r\nDATA"};
  EXPECT_EQ(send().error().kind, ErrorKind::invalid);
  mail.receivers.clear();
  EXPECT_EQ(send().error().kind, ErrorKind::invalid);
}

TEST_F(MailSenderTest, the_queue_sends_and_tells) {
  START_OR_SKIP("none", false);
  std::promise<bool> told;
  MailSender sender;
  ASSERT_TRUE(
      sender.post(server, mail, [&](const base::Result<>& sent) { told.set_value(sent.has_value()); }));
  EXPECT_TRUE(told.get_future().get());
  EXPECT_TRUE(peer->line());
}

TEST_F(MailSenderTest, the_queue_is_bounded_and_given_up_at_the_end) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  server.host = "127.0.0.1";
  server.port = silent.local_endpoint().port();
  MailSender sender;
  base::Result<> last;
  // One may be under way already.
  for (std::size_t i = 0; i < MailSender::most_waiting + 2 && last; ++i) {
    last = sender.post(server, mail, [](const base::Result<>&) {});
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().kind, ErrorKind::full);
}

}  // namespace
}  // namespace watchrig::platform
