#include "system/protocols/onvif/discovery_message.hpp"

#include <ctime>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::protocols {
namespace {

const QualifiedName transmitter{std::string(uri_of_prefix("dn")), "NetworkVideoTransmitter"};
const QualifiedName device{std::string(uri_of_prefix("tds")), "Device"};

DiscoveryTarget gate() {
  return {"urn:uuid:1",
          {transmitter, device},
          {"onvif://www.onvif.org/name/gate", "onvif://www.onvif.org/location/country/iceland"},
          {"http://127.0.0.1:80/onvif/device_service"},
          3};
}

/// The probe of the npm package `onvif`, whose prefixes and order differ from ours.
constexpr const char* foreign_probe =
    R"(<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><Header>)"
    R"(<wsa:MessageID xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:uuid:7</wsa:MessageID>)"
    R"(</Header><Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery">)"
    R"(<Types>dn:NetworkVideoTransmitter</Types><Scopes /></Probe></Body></Envelope>)";

TEST(DiscoveryMessage, every_kind_comes_back_as_it_was_written) {
  DiscoveryMessage answer{
      DiscoveryKind::probe_matches, "urn:uuid:a", "urn:uuid:q", AppSequence{5, 2}, {}, {gate()}};
  const auto read = read_discovery(write_discovery(answer));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->kind, DiscoveryKind::probe_matches);
  EXPECT_EQ(read->relates_to, "urn:uuid:q");
  EXPECT_EQ(read->sequence->instance, 5U);
  EXPECT_EQ(read->sequence->number, 2U);
  ASSERT_EQ(read->targets.size(), 1U);
  EXPECT_EQ(read->targets[0].types, gate().types);
  EXPECT_EQ(read->targets[0].scopes, gate().scopes);
  EXPECT_EQ(read->targets[0].addresses, gate().addresses);
  EXPECT_EQ(read->targets[0].metadata_version, 3U);
  for (const auto kind : {DiscoveryKind::hello, DiscoveryKind::bye, DiscoveryKind::resolve_matches}) {
    const auto again = read_discovery(write_discovery({kind, "urn:uuid:b", "", {}, {}, {gate()}}));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->kind, kind);
    EXPECT_EQ(again->targets.at(0).endpoint, "urn:uuid:1");
    EXPECT_EQ(again->targets.at(0).scopes.empty(), kind == DiscoveryKind::bye);
  }
  const auto resolve = read_discovery(
      write_discovery({DiscoveryKind::resolve, "urn:uuid:c", "", {}, {{}, {}, {}, "urn:uuid:1"}, {}}));
  ASSERT_TRUE(resolve);
  EXPECT_EQ(resolve->question.endpoint, "urn:uuid:1");
}

TEST(DiscoveryMessage, a_probe_of_others_is_understood) {
  const auto probe = read_discovery(foreign_probe);
  ASSERT_TRUE(probe) << probe.error().message;
  EXPECT_EQ(probe->kind, DiscoveryKind::probe);
  EXPECT_EQ(probe->id, "urn:uuid:7");
  EXPECT_EQ(probe->question.types, std::vector{transmitter});
  EXPECT_TRUE(matches(gate(), probe->question));
  const QualifiedName printer{"http://schemas.microsoft.com/windows/2006/08/wdp/print", "PrintDeviceType"};
  const auto own = read_discovery(
      write_discovery({DiscoveryKind::probe, "urn:uuid:8", "", {}, {{printer}, {"a:b"}, "c", {}}, {}}));
  ASSERT_TRUE(own);
  EXPECT_EQ(own->question.types, std::vector{printer});
  EXPECT_EQ(own->question.scopes, std::vector<std::string>{"a:b"});
  EXPECT_EQ(own->question.match_by, "c");
}

TEST(DiscoveryMessage, types_and_scopes_have_all_to_be_met) {
  const auto target = gate();
  EXPECT_TRUE(matches(target, {}));
  EXPECT_FALSE(matches(target, {{transmitter, {transmitter.uri, "NetworkVideoDisplay"}}, {}, {}, {}}));
  EXPECT_FALSE(matches(target, {{{"urn:other", "NetworkVideoTransmitter"}}, {}, {}, {}}));
  const auto scope = [&](const std::string& wanted, const std::string& rule = {}) {
    return matches(target, {{}, {wanted}, rule, {}});
  };
  EXPECT_TRUE(scope("onvif://www.onvif.org/location"));
  EXPECT_TRUE(scope("ONVIF://WWW.onvif.org/location/country/"));
  EXPECT_FALSE(scope("onvif://www.onvif.org/loc"));
  EXPECT_FALSE(scope("onvif://www.onvif.org/Location"));
  EXPECT_FALSE(scope("onvif://www.onvif.org/location/country/iceland/reykjavik"));
  EXPECT_FALSE(scope("onvif://www.onvif.org/location/../name"));
  const std::string rules = "http://schemas.xmlsoap.org/ws/2005/04/discovery/";
  EXPECT_TRUE(scope("onvif://www.onvif.org/location", rules + "rfc3986"));
  EXPECT_FALSE(scope("onvif://www.onvif.org/location", rules + "strcmp0"));
  EXPECT_TRUE(scope("onvif://www.onvif.org/name/gate", rules + "strcmp0"));
  EXPECT_TRUE(scope("onvif://www.onvif.org/NAME/gate", rules + "uuid"));
  EXPECT_FALSE(scope("onvif://www.onvif.org/name/gate", rules + "ldap"));
  EXPECT_FALSE(is_scope_rule("http://example.org/rule"));
  EXPECT_FALSE(
      matches(target, {{}, {"onvif://www.onvif.org/name/gate", "onvif://www.onvif.org/name/yard"}, {}, {}}));
}

TEST(DiscoveryMessage, hostile_messages_are_refused) {
  const auto error = [](const std::string& text) {
    const auto read = read_discovery(text);
    return read ? "" : std::string(base::to_string(read.error().kind));
  };
  const auto good =
      write_discovery({DiscoveryKind::probe_matches, "urn:uuid:a", "urn:uuid:q", {}, {}, {gate()}});
  EXPECT_EQ(error(good), "");
  EXPECT_EQ(error(""), "invalid");
  EXPECT_EQ(error(good.substr(0, good.size() / 2)), "invalid");
  EXPECT_EQ(error(good + std::string(DiscoveryMessage::most_bytes, ' ')), "full");
  const auto with = [&](const std::string& from, const std::string& to) {
    auto text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_EQ(error(with("urn:uuid:1", "")), "invalid");
  EXPECT_EQ(error(with("urn:uuid:a", "")), "invalid");
  EXPECT_EQ(error(with("2005/04/discovery\"", "2009/01/discovery\"")), "invalid");
  auto many = gate();
  many.scopes.assign(DiscoveryMessage::most_items, "a:b");
  EXPECT_EQ(error(write_discovery({DiscoveryKind::hello, "urn:uuid:a", "", {}, {}, {many}})), "");
  many.scopes.push_back("a:b");
  EXPECT_EQ(error(write_discovery({DiscoveryKind::hello, "urn:uuid:a", "", {}, {}, {many}})), "full");
  many.scopes = {std::string(1025, 'a')};
  EXPECT_EQ(error(write_discovery({DiscoveryKind::hello, "urn:uuid:a", "", {}, {}, {many}})), "full");
  const std::vector<DiscoveryTarget> crowd(DiscoveryMessage::most_targets + 1,
                                           DiscoveryTarget{"urn:uuid:1", {}, {}, {}});
  EXPECT_EQ(error(write_discovery({DiscoveryKind::probe_matches, "urn:uuid:a", "q", {}, {}, crowd})), "full");
}

TEST(DiscoveryMessage, a_prefix_means_what_is_declared_nearest) {
  std::string text = foreign_probe;
  const std::string types = "<Types>dn:NetworkVideoTransmitter";
  text.replace(text.find(types), types.size(),
               R"(<Types xmlns:dn="urn:near" xmlns:x="urn:x">dn:A x:B C y:D)");
  const auto probe = read_discovery(text);
  ASSERT_TRUE(probe) << probe.error().message;
  const std::string here = "http://schemas.xmlsoap.org/ws/2005/04/discovery";
  EXPECT_EQ(probe->question.types,
            (std::vector<QualifiedName>{{"urn:near", "A"}, {"urn:x", "B"}, {here, "C"}, {"", "D"}}));
  text.replace(text.find("urn:near"), 8, std::string(1025, 'u'));
  EXPECT_EQ(read_discovery(text).error().kind, base::ErrorKind::full);
}

/// A datagram full of attributes and of names that look for theirs.
TEST(DiscoveryMessage, many_names_among_many_declarations_are_read_quickly) {
  std::string attributes, types, targets;
  for (int n = 0; n < 4500; ++n) attributes += fmt::format(" a{}=\"\"", n);
  for (std::size_t n = 0; n < DiscoveryMessage::most_items; ++n) types += "x:a ";
  for (int n = 0; n < 40; ++n)
    targets += fmt::format(
        "<e:ProbeMatch><EndpointReference><Address>u</Address></EndpointReference>"
        "<Types>{}</Types></e:ProbeMatch>",
        types);
  const auto text = fmt::format(
      R"(<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope" xmlns:d="{}"><Header><MessageID>1</MessageID></Header>)"
      R"(<Body{}><d:ProbeMatches>{}</d:ProbeMatches></Body></Envelope>)",
      uri_of_prefix("d"), attributes, targets);
  ASSERT_LE(text.size(), DiscoveryMessage::most_bytes);
  const auto before = std::clock();
  for (int n = 0; n < 20; ++n) {
    const auto read = read_discovery(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->targets.size(), 40U);
  }
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 1.0);
}

}  // namespace
}  // namespace watchrig::protocols
