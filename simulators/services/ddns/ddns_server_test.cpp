#include "simulators/services/ddns/ddns_server.hpp"

#include <curl/curl.h>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace watchrig::services {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Asked by libcurl.
class DdnsServerTest : public testing::Test {
 protected:
  void SetUp() override {
    DdnsServer::Spec spec;
    spec.domain = "gate.example.org";
    spec.user = "vms";
    spec.password = "Name.Pass-26";
    server = std::make_shared<DdnsServer>("ddns", spec, clock, io.get_executor());
    ASSERT_TRUE(server->start());
    port = server->description().at("port").to_number<unsigned>();
    thread = std::jthread([this] { io.run(); });
  }
  void TearDown() override {
    server->stop();
    work.reset();
  }
  std::string get(const std::string& path, const char* user = "vms:Name.Pass-26") const {
    CURL* handle = curl_easy_init();
    std::string body;
    const auto collect = +[](char* data, std::size_t size, std::size_t count, void* target) {
      static_cast<std::string*>(target)->append(data, size * count);
      return size * count;
    };
    const auto url = "http://127.0.0.1:" + std::to_string(port) + path;
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_USERPWD, user);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
    EXPECT_EQ(curl_easy_perform(handle), CURLE_OK);
    curl_easy_cleanup(handle);
    return body;
  }

  const base::Clock clock;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::shared_ptr<DdnsServer> server;
  unsigned port = 0;
  std::jthread thread;
};

TEST_F(DdnsServerTest, updates_the_name_of_who_is_known) {
  EXPECT_EQ(get("/nic/update?hostname=gate.example.org"), "good 203.0.113.7");
  EXPECT_EQ(get("/nic/update?hostname=gate.example.org&myip=203.0.113.7"), "nochg 203.0.113.7");
  EXPECT_EQ(get("/dyndns/update?system=dyndns&hostname=gate.example.org&myip=198.51.100.4"),
            "good 198.51.100.4");
  EXPECT_EQ(get("/nic/update?hostname=other.example.org"), "nohost");
  EXPECT_EQ(get("/nic/update?hostname=gate.example.org", "vms:wrong"), "badauth");
  const auto ledger = boost::json::parse(server->ledger({}).value());
  EXPECT_EQ(ledger.at("count").to_number<int>(), 5);
  EXPECT_EQ(ledger.at("address"), "198.51.100.4");
  EXPECT_EQ(ledger.at("updates").at(2).at("path"), "/dyndns/update");
}

TEST_F(DdnsServerTest, lies_and_moves_when_it_is_told_to) {
  ASSERT_TRUE(server->inject({{"verb", "lie"}, {"what", "moved"}}));
  EXPECT_THAT(get("/ip"), HasSubstr("Address: 203.0.113.9<"));
  for (const auto* word : {"badauth", "nohost", "notfqdn", "abuse", "numhost", "badagent", "dnserr", "911"}) {
    ASSERT_TRUE(server->inject({{"verb", "lie"}, {"what", word}}));
    EXPECT_EQ(get("/nic/update?hostname=gate.example.org"), word);
    server->withdraw_all();
  }
  ASSERT_TRUE(server->inject({{"verb", "lie"}, {"what", "huge"}}));
  EXPECT_THAT(get("/nic/update?hostname=gate.example.org"), SizeIs(1 << 20));
}

}  // namespace
}  // namespace watchrig::services
