#include "system/central/ddns/ddns_service.hpp"

#include <filesystem>

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

using Kind = DdnsAnswer::Kind;

class DdnsServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path folder = ::testing::TempDir() + "ddns_service_test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    vault = std::make_unique<platform::SecretVault>(*platform::SecretVault::open(folder / "secrets.key"));
    settings = *Settings::open(folder / "settings.db", *vault);
  }
  std::string wrong(const boost::json::object& values) {
    const auto changed = settings->change("ddns", values);
    return changed ? "" : changed.error().field;
  }
  DdnsPlan plan() { return ddns_plan(settings->values("ddns").values); }

  std::unique_ptr<platform::SecretVault> vault;
  std::unique_ptr<Settings> settings;
};

TEST_F(DdnsServiceTest, each_service_has_its_own_address) {
  for (const auto& [type, url] : {std::pair{"members.dyndns.org", "/nic/update?"},
                                  {"dynupdate.no-ip.com", "/nic/update?"},
                                  {"members.3322.org", "/dyndns/update?system=dyndns&"}}) {
    ASSERT_EQ(wrong({{"type", type}, {"domain", "a.example.org"}}), "");
    EXPECT_EQ(plan().request.url, "https://" + std::string(type) + ":443" + url + "hostname=a.example.org");
  }
  EXPECT_EQ(wrong({{"type", "ddns.example.org"}}), "type");
}

TEST_F(DdnsServiceTest, another_server_and_no_encryption_as_set) {
  ASSERT_EQ(wrong({{"domain", "a.example.org"}, {"encryption", false}}), "");
  EXPECT_EQ(plan().request.url, "http://members.dyndns.org:80/nic/update?hostname=a.example.org");
  ASSERT_EQ(wrong({{"server", "::1"}, {"port", 65535}}), "");
  EXPECT_EQ(plan().request.url, "http://[::1]:65535/nic/update?hostname=a.example.org");
}

TEST_F(DdnsServiceTest, the_password_goes_to_no_other_server) {
  ASSERT_EQ(wrong({{"password", "Name.Pass"}}), "");
  for (const boost::json::object& change : {boost::json::object{{"type", "members.3322.org"}},
                                            {{"server", "evil.example.org"}},
                                            {{"port", 81}},
                                            {{"encryption", false}}}) {
    EXPECT_EQ(wrong(change), "password");
  }
}

TEST_F(DdnsServiceTest, settings_at_their_limits) {
  EXPECT_EQ(wrong({{"enabled", true}}), "domain");
  EXPECT_EQ(wrong({{"enabled", true}, {"domain", "a.b"}}), "username");
  EXPECT_EQ(wrong({{"enabled", true}, {"domain", "a.b"}, {"username", "u"}}), "password");
  EXPECT_EQ(wrong({{"enabled", true}, {"domain", "a.b"}, {"username", "u"}, {"password", "p"}}), "");
  EXPECT_EQ(wrong({{"domain", "gate"}}), "domain");
  EXPECT_EQ(wrong({{"domain", "a.b&myip=192.0.2.1"}}), "domain");
  EXPECT_EQ(wrong({{"username", "a:b"}}), "username");
  EXPECT_EQ(wrong({{"username", std::string("a\nb")}}), "username");
  EXPECT_EQ(wrong({{"period", 0}}), "period");
  EXPECT_EQ(wrong({{"period", 1}}), "");
  EXPECT_EQ(wrong({{"period", 43200}}), "");
  EXPECT_EQ(wrong({{"period", 43201}}), "period");
  EXPECT_EQ(wrong({{"address_period", 1441}}), "address_period");
  EXPECT_EQ(wrong({{"address_source", "file:///etc/passwd"}}), "address_source");
  EXPECT_EQ(wrong({{"address_source", "http://u:p@ip.example.org/"}}), "address_source");
  EXPECT_EQ(wrong({{"address_source", "http://ip.example.org/"}}), "");
}

TEST_F(DdnsServiceTest, each_word_of_the_protocol_means_something) {
  const auto kind = [](const char* body) { return ddns_answer({200, body}).kind; };
  EXPECT_EQ(kind("good 192.0.2.1"), Kind::updated);
  EXPECT_EQ(kind("nochg 192.0.2.1\r\n"), Kind::updated);
  EXPECT_EQ(kind("nochg"), Kind::updated);
  for (const char* word :
       {"badauth", "nohost", "notfqdn", "abuse", "numhost", "badagent", "!donator", "!yours"})
    EXPECT_EQ(kind(word), Kind::refused) << word;
  for (const char* word : {"911", "dnserr"}) EXPECT_EQ(kind(word), Kind::busy) << word;
  for (const char* word : {"", "goodness", "<html>good</html>", "GOOD", "\xff\xff"})
    EXPECT_EQ(kind(word), Kind::failed) << word;
  EXPECT_EQ(ddns_answer({401, "<html>"}).code, "badauth");
  EXPECT_EQ(ddns_answer({500, "good 192.0.2.1"}).kind, Kind::failed);
  EXPECT_EQ(ddns_answer({200, "good 127.0.0.1"}).kind, Kind::refused);
}

TEST_F(DdnsServiceTest, only_an_address_is_taken_for_one) {
  EXPECT_EQ(ddns_answer({200, "good 192.0.2.1\nnohost"}).address, "192.0.2.1");
  EXPECT_EQ(ddns_answer({200, "good 2001:db8::1"}).address, "2001:db8::1");
  EXPECT_EQ(ddns_answer({200, "good <script>"}).address, std::nullopt);
  EXPECT_THAT(ddns_answer({200, "\x1b[31m" + std::string(5000, 'x')}).message,
              ::testing::SizeIs(::testing::Lt(200U)));
}

TEST_F(DdnsServiceTest, a_page_shows_an_address_somewhere) {
  EXPECT_EQ(address_on_page("203.0.113.7\n"), "203.0.113.7");
  EXPECT_EQ(address_on_page("<body>Current IP Address: 203.0.113.7</body>"), "203.0.113.7");
  EXPECT_EQ(address_on_page("Address:203.0.113.7."), "203.0.113.7");
  EXPECT_EQ(address_on_page(R"({"ip":"2001:db8::1"})"), "2001:db8::1");
  EXPECT_EQ(address_on_page("127.0.0.1 0.0.0.0 ::1 version 1.2.3 at 10:20"), std::nullopt);
  EXPECT_EQ(address_on_page(""), std::nullopt);
  EXPECT_EQ(address_on_page(std::string(4096, 'f')), std::nullopt);
}

}  // namespace
}  // namespace watchrig::central
