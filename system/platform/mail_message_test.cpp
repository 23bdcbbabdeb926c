#include "system/platform/mail_message.hpp"

#include <gmock/gmock.h>

#include "system/base/base64.hpp"

namespace watchrig::platform {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Mail mail_with(std::string subject) {
  return {"vms@example.org",
          {"a@example.org", "b@example.org"},
          std::move(subject),
          "text",
          std::chrono::sys_days(std::chrono::year(2026) / 3 / 9) + std::chrono::hours(7)};
}

TEST(MailMessageTest, the_header_has_date_and_everybody) {
  const auto header = mail_header(mail_with("Hello"));
  EXPECT_THAT(header, Contains("Date: Mon, 09 Mar 2026 07:00:00 +0000"));
  EXPECT_THAT(header, Contains("To: a@example.org, b@example.org"));
  EXPECT_THAT(header, Contains("Subject: Hello"));
}

TEST(MailMessageTest, a_long_subject_ends_with_a_whole_character) {
  for (int more = 0; more < 3; ++more) {
    std::string subject(static_cast<std::size_t>(more), 'x');
    for (int i = 0; i < 100; ++i) subject += "门";
    std::string text;
    for (const auto& line : mail_header(mail_with(subject))) {
      if (!line.starts_with("Subject: ")) continue;
      for (std::size_t at = 0; (at = line.find("?B?", at)) != line.npos; at += 3) {
        const auto word = *base::from_base64(line.substr(at + 3, line.find("?=", at) - at - 3));
        text.append(word.begin(), word.end());
      }
    }
    ASSERT_GT(text.size(), 190U);
    EXPECT_EQ(text, subject.substr(0, text.size()));
    EXPECT_EQ((text.size() - static_cast<std::size_t>(more)) % 3, 0U) << more;
  }
}

TEST(MailMessageTest, a_line_end_in_a_subject_makes_no_further_header) {
  EXPECT_THAT(mail_header(mail_with("Gate\r\nBcc: thief@example.org")),
              Contains("Subject: Gate  Bcc: thief@example.org"));
}

TEST(MailMessageTest, other_languages_are_encoded_and_no_character_is_cut) {
  std::string subject;
  for (int i = 0; i < 30; ++i) subject += "门";
  for (const auto& line : mail_header(mail_with(subject))) {
    if (!line.starts_with("Subject")) continue;
    EXPECT_THAT(line, HasSubstr("=?UTF-8?B?6Zeo6Zeo"));
    EXPECT_THAT(line, HasSubstr("?=\r\n =?UTF-8?B?"));
    EXPECT_THAT(line, Not(HasSubstr("门")));
  }
}

TEST(MailMessageTest, lines_end_with_crlf_whatever_they_ended_with) {
  EXPECT_EQ(with_line_ends("a\nb\r\nc"), "a\r\nb\r\nc");
}

TEST(MailMessageTest, addresses_that_would_break_a_command_are_refused) {
  EXPECT_TRUE(is_sendable_address("a@example.org"));
  for (const auto* text :
       {"", "a b@example.org", "a@example.org>", "a@example.org\r\nDATA", "ä@example.org"}) {
    EXPECT_FALSE(is_sendable_address(text)) << text;
  }
}

}  // namespace
}  // namespace watchrig::platform
