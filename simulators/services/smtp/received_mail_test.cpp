#include "simulators/services/smtp/received_mail.hpp"

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

namespace watchrig::services {
namespace {

TEST(ReceivedMailTest, the_text_of_a_plain_mail_is_its_body) {
  EXPECT_EQ(text_of("Subject: x\r\n\r\none\r\ntwo\r\n"), "one\r\ntwo\r\n");
  EXPECT_EQ(text_of("no header at all"), "");
}

TEST(ReceivedMailTest, the_first_part_is_read_and_quoted_printable_undone) {
  EXPECT_EQ(
      text_of("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\nGru=C3=9F=\r\n an=3Dalle\r\n--x--\r\n"),
      "Gru\xC3\x9F an=alle\r\n");
}

TEST(ReceivedMailTest, the_ledger_tells_mails_by_receiver_and_forgets_the_oldest) {
  MailLedger ledger;
  for (std::size_t i = 0; i <= MailLedger::most; ++i)
    ledger.add({{}, {}, "s@x", {i == 0 ? "a@x" : "b@x"}, {}});
  EXPECT_EQ(ledger.to_json("").at("mails").as_array().size(), MailLedger::most);
  EXPECT_EQ(ledger.to_json("a@x").at("mails").as_array().size(), 0U);
  EXPECT_EQ(ledger.to_json("b@x").at("mails").as_array().size(), MailLedger::most);
}

}  // namespace
}  // namespace watchrig::services
