#include "system/protocols/onvif/soap_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::protocols {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string envelope(const std::string& body, const char* uri = "http://www.w3.org/2003/05/soap-envelope") {
  return "<e:Envelope xmlns:e=\"" + std::string(uri) + "\"><e:Header/><e:Body>" + body +
         "</e:Body></e:Envelope>";
}

base::ErrorKind refusal(const std::string& text, const SoapMessage::Limits& limits = {}) {
  const auto message = SoapMessage::parse(text, limits);
  EXPECT_FALSE(message);
  return message ? base::ErrorKind::io : message.error().kind;
}

TEST(SoapMessage, ContentIsFoundWhateverThePrefixes) {
  const auto message = SoapMessage::parse(envelope(
      "<GetProfile xmlns=\"urn:a\" xmlns:x=\"urn:b\"><x:ProfileToken> main </x:ProfileToken></GetProfile>"));
  ASSERT_TRUE(message);
  EXPECT_EQ(local_name(message->content()), "GetProfile");
  EXPECT_EQ(namespace_of(message->content()), "urn:a");
  EXPECT_EQ(namespace_of(child(message->content(), "ProfileToken")), "urn:b");
  EXPECT_EQ(text_at(message->content(), "ProfileToken"), "main");
  EXPECT_EQ(text_at(message->content(), "ProfileToken/Deeper"), "");
  EXPECT_TRUE(message->header());
}

TEST(SoapMessage, BothVersionsOfSoapAreRead) {
  EXPECT_TRUE(SoapMessage::parse(envelope("<a/>")));
  EXPECT_TRUE(SoapMessage::parse(envelope("<a/>", "http://schemas.xmlsoap.org/soap/envelope/")));
  EXPECT_EQ(refusal(envelope("<a/>", "urn:something-else")), base::ErrorKind::invalid);
}

TEST(SoapMessage, WhatIsNoMessageIsRefused) {
  for (const char* text : {"", "no xml", "<html/>", "<a>",
                           "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"/>"}) {
    EXPECT_EQ(refusal(text), base::ErrorKind::invalid) << text;
  }
  const auto empty = SoapMessage::parse(envelope(""));
  ASSERT_TRUE(empty);
  EXPECT_FALSE(empty->content());
}

TEST(SoapMessage, EntitiesAreNeverDeclared) {
  EXPECT_EQ(refusal("<!DOCTYPE a [<!ENTITY b \"c\">]>" + envelope("<a>&b;</a>")), base::ErrorKind::invalid);
}

TEST(SoapMessage, DepthAndSizeHaveLimits) {
  const auto nested = [](unsigned depth) {
    std::string open, close;
    for (unsigned i = 0; i < depth; ++i) {
      open += "<a>";
      close += "</a>";
    }
    return envelope(open + close);
  };
  const SoapMessage::Limits limits{1000, 10};
  EXPECT_TRUE(SoapMessage::parse(nested(8), limits));  // inside envelope and body
  EXPECT_EQ(refusal(nested(9), limits), base::ErrorKind::full);
  const std::string text = envelope("<a/>");
  EXPECT_TRUE(SoapMessage::parse(text + std::string(1000 - text.size(), ' '), limits));
  EXPECT_EQ(refusal(text + std::string(1001 - text.size(), ' '), limits), base::ErrorKind::full);
  // A hundred siblings are no depth.
  std::string siblings;
  for (int i = 0; i < 100; ++i) siblings += "<a/>";
  EXPECT_TRUE(SoapMessage::parse(envelope(siblings), limits));
}

TEST(SoapWriter, DeclaresTheNamespacesThatOccur) {
  SoapWriter writer;
  add(add(writer.body(), "tds:GetHostnameResponse"), "tt:Name", "a < b & \"c\"");
  const auto text = writer.text();
  EXPECT_THAT(text, HasSubstr("xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\""));
  EXPECT_THAT(text, Not(HasSubstr("xmlns:tptz")));
  const auto read = SoapMessage::parse(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(text_at(read->content(), "Name"), "a < b & \"c\"");
  EXPECT_EQ(namespace_of(read->content()), uri_of_prefix("tds"));
}

TEST(SoapFault, ComesBackAsItWasWritten) {
  const auto message = SoapMessage::parse(
      fault_text({SoapFault::Blame::receiver, {"ter:InvalidArgVal", "ter:NoProfile"}, "no profile \"x\""}));
  ASSERT_TRUE(message);
  ASSERT_TRUE(message->is_fault());
  const auto fault = read_fault(message->content());
  EXPECT_EQ(fault.blame, SoapFault::Blame::receiver);
  EXPECT_THAT(fault.subcodes, ElementsAre("ter:InvalidArgVal", "ter:NoProfile"));
  EXPECT_EQ(to_string(fault), "no profile \"x\" (ter:InvalidArgVal, ter:NoProfile)");
}

TEST(SoapFault, IsShownAsOneShortLine) {
  const SoapFault fault{SoapFault::Blame::sender, {}, "a\nb" + std::string(1000, 'c')};
  EXPECT_EQ(to_string(fault), "a?b" + std::string(197, 'c'));
}

TEST(SoapFault, OfSoap11IsReadAsFarAsItGoes) {
  const auto message = SoapMessage::parse(
      envelope("<e:Fault><faultcode>e:Client</faultcode><faultstring>no</faultstring></e:Fault>",
               "http://schemas.xmlsoap.org/soap/envelope/"));
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_fault());
  EXPECT_EQ(to_string(read_fault(message->content())), "no");
}

}  // namespace
}  // namespace watchrig::protocols
