#include "system/protocols/onvif/soap_service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

namespace watchrig::protocols {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// One operation that answers at once, one that refuses, and one of another namespace that waits.
SoapService bench_service() {
  SoapService service{"tds", "/onvif/device_service", 22, 12, {}};
  service.operations = {{"GetHostname", AccessClass::pre_auth,
                         [](SoapCall& call) -> SoapOutcome {
                           add(call.answer, "tt:Name", "gate");
                           return {};
                         }},
                        {"SystemReboot", AccessClass::unrecoverable,
                         [](SoapCall&) -> SoapOutcome { return refuse({"ter:Action"}, "not now"); }},
                        {"PullMessages",
                         AccessClass::read_media,
                         {},
                         "tev",
                         "http://example.org/Pull/",
                         [](SoapCall& call) -> boost::asio::awaitable<SoapOutcome> {
                           add(call.answer, "tev:CurrentTime", "now");
                           co_return SoapOutcome();
                         }}};
  return service;
}

SoapMessage asked(const std::string& operation, const std::string& uri, const std::string& header = {}) {
  return SoapMessage::parse("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>" +
                            header + "</s:Header><s:Body><" + operation + " xmlns=\"" + uri +
                            "\"/></s:Body></s:Envelope>")
      .value();
}

/// The answer, or the reason of the fault.
std::string answer(const SoapMessage& message) {
  const auto service = bench_service();
  const auto operation = find_operation(service, message.content());
  if (!operation) return operation.error().reason;
  SoapCall call{.request = message.content(), .answer = {}, .authority = {}};
  boost::asio::io_context context;
  auto done =
      boost::asio::co_spawn(context, answer_to(message, service, **operation, call), boost::asio::use_future);
  context.run();
  auto text = done.get();
  return text ? *text : text.error().reason;
}

const std::string device = "http://www.onvif.org/ver10/device/wsdl";
const std::string events = "http://www.onvif.org/ver10/events/wsdl";

TEST(SoapService, operations_answer_at_once_later_or_with_a_fault) {
  EXPECT_THAT(answer(asked("GetHostname", device)), HasSubstr("<tds:GetHostnameResponse><tt:Name>gate<"));
  EXPECT_THAT(answer(asked("PullMessages", events)),
              HasSubstr("<tev:PullMessagesResponse><tev:CurrentTime>"));
  EXPECT_EQ(answer(asked("SystemReboot", device)), "not now");
}

TEST(SoapService, an_operation_is_found_in_its_own_namespace_only) {
  for (const auto& [name, uri] : {std::pair(std::string("GetHostname"), events),
                                  {std::string("PullMessages"), device},
                                  {std::string("GetUsers"), device},
                                  {std::string("GetHostname"), std::string()}})
    EXPECT_THAT(answer(asked(name, uri)), HasSubstr("has no operation \"" + name + "\"")) << uri;
}

TEST(SoapService, who_asks_by_addresses_is_answered_by_them) {
  const std::string id = "<MessageID xmlns=\"http://www.w3.org/2005/08/addressing\">urn:uuid:7</MessageID>";
  const auto told = answer(asked("PullMessages", events, id));
  EXPECT_THAT(told, HasSubstr("<wsa5:RelatesTo>urn:uuid:7</wsa5:RelatesTo>"));
  EXPECT_THAT(told, HasSubstr("http://example.org/Pull/PullMessagesResponse"));
  EXPECT_THAT(answer(asked("GetHostname", device, id)), Not(HasSubstr("RelatesTo")));
}

TEST(SoapService, only_names_of_hosts_come_back_in_addresses) {
  for (const char* good : {"127.0.0.1:80", "gate.example.org:8080", "[::1]:80"})
    EXPECT_TRUE(is_authority(good));
  for (const char* bad : {"", "gate", "\"><evil/>:80", "a b:80", "user@host:80", "host:80/x"})
    EXPECT_FALSE(is_authority(bad)) << bad;
}

TEST(AccessPolicy, each_level_may_what_the_one_below_may) {
  EXPECT_EQ(access_of(UserLevel::anonymous), std::vector{AccessClass::pre_auth});
  EXPECT_FALSE(may(UserLevel::user, AccessClass::actuate));
  EXPECT_FALSE(may(UserLevel::operating, AccessClass::read_system_secret));
  EXPECT_EQ(access_of(UserLevel::administrator).size(), 8U);
  for (const auto access : access_of(UserLevel::user)) EXPECT_TRUE(may(UserLevel::operating, access));
}

}  // namespace
}  // namespace watchrig::protocols
