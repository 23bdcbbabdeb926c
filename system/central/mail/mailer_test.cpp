#include "system/central/mail/mailer.hpp"

#include <future>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using base::ErrorKind;
using boost::asio::ip::tcp;

TEST(MailerTest, OneTestMailAtATimeAndNoneHoldsUpTheEnd) {
  boost::asio::io_context context;
  tcp::acceptor silent(context, {boost::asio::ip::address_v4::loopback(), 0});
  const std::filesystem::path folder = testing::TempDir() + "mailer_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto vault = *platform::SecretVault::open(folder / "secrets.key");
  const auto settings = *Settings::open(folder / "settings.db", vault,
                                        {{"mail.server", "127.0.0.1"},
                                         {"mail.port", std::int64_t{silent.local_endpoint().port()}},
                                         {"mail.sender", "vms@example.org"},
                                         {"mail.receivers", boost::json::array{"guard@example.org"}}});
  const base::ManualClock clock{base::UtcTime{}};
  Mailer mailer(*settings, clock);
  auto first = std::async(std::launch::async, [&] { return mailer.test(); });
  const tcp::socket taken = silent.accept();  // and never answered
  const auto second = mailer.test();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().error.kind, ErrorKind::conflict) << second.error().error.message;
  mailer.stop();
  ASSERT_EQ(first.wait_for(std::chrono::seconds(15)), std::future_status::ready) << "it waits for the server";
  EXPECT_EQ(first.get().error().error.kind, ErrorKind::cancelled);
}

}  // namespace
}  // namespace watchrig::central
