#include "system/platform/testing/host_network_fixture.hpp"

namespace watchrig::platform {
namespace {

using base::ErrorKind;

class HostNetworkGatewaysTest : public HostNetworkTest {};

constexpr const char* tie = "ip -4 neigh replace 10.1.1.1 lladdr 52:54:00:aa:0b:01 dev lan1 nud permanent";

TEST_F(HostNetworkGatewaysTest, AGatewayIsTiedToItsNetworkCard) {
  neighbours_ = R"([{"dst":"10.1.1.3","dev":"lan1","lladdr":"52:54:00:aa:0b:03","state":["PERMANENT"]},
                    {"dst":"10.1.1.1","dev":"lan1","lladdr":"52:54:00:aa:0b:02","state":["REACHABLE"]},
                    {"dst":"10.2.2.1","dev":"lan2","state":["FAILED"]}])";
  const auto network = open();
  EXPECT_THAT(network->view()->gateways,
              testing::ElementsAre(testing::Pair("lan1", GatewayNeighbour{"52:54:00:aa:0b:02", false})));
  const auto mac = *parse_mac("52-54-00-AA-0B-01");
  ASSERT_TRUE(network->tie_gateway("lan1", mac));
  EXPECT_THAT(changes_, testing::ElementsAre(tie));
  neighbours_ = R"([{"dst":"10.1.1.1","dev":"lan1","lladdr":"52:54:00:aa:0b:01","state":["PERMANENT"]}])";
  EXPECT_EQ(network->view()->gateways.at("lan1"), (GatewayNeighbour{"52:54:00:aa:0b:01", true}));
  // A link that goes down takes the entry with it.
  ASSERT_TRUE(network->set_card("lan1", card("10.1.1.2", 24, "10.1.1.1", 7200)));
  EXPECT_EQ(changes_.back(), tie);
  changes_.clear();
  ASSERT_TRUE(network->untie_gateway("lan1"));
  EXPECT_THAT(changes_, testing::ElementsAre("ip -4 neigh del 10.1.1.1 dev lan1"));
  EXPECT_EQ(network->untie_gateway("lan1").error().error.kind, ErrorKind::not_found);
}

TEST_F(HostNetworkGatewaysTest, ATiedGatewayIsTiedAgainAtTheNextStart) {
  ASSERT_TRUE(open()->tie_gateway("lan1", *parse_mac("52:54:00:aa:0b:01")));
  changes_.clear();
  const auto network = open();
  EXPECT_TRUE(network->restore().empty());
  EXPECT_THAT(changes_, testing::Contains(tie));
  changes_.clear();
  failing_ = "neigh replace";
  EXPECT_THAT(network->restore(), testing::ElementsAre(testing::HasSubstr("gateway 10.1.1.1 of card")));
}

TEST_F(HostNetworkGatewaysTest, AnotherGatewayIsNotTied) {
  const auto network = open();
  ASSERT_TRUE(network->tie_gateway("lan1", *parse_mac("52:54:00:aa:0b:01")));
  ASSERT_TRUE(network->set_card("lan1", card("10.1.1.2", 24, "10.1.1.254")));
  EXPECT_THAT(changes_, testing::Contains("ip -4 neigh del 10.1.1.1 dev lan1"));
  EXPECT_TRUE(network->view()->wanted.gateways.empty());
}

TEST_F(HostNetworkGatewaysTest, ATieIsOfOneCardAndItsGatewayThere) {
  const auto network = open();
  const auto mac = *parse_mac("52:54:00:aa:0b:01");
  routes_ = R"([{"dst":"default","gateway":"10.1.1.1","dev":"lan1"},
                {"dst":"default","gateway":"10.1.1.1","dev":"lan2"}])";
  ASSERT_TRUE(network->tie_gateway("lan1", mac));
  ASSERT_TRUE(network->set_card("lan1", {true, {}, {}, 1500}));
  EXPECT_THAT(changes_, testing::Not(testing::Contains(testing::HasSubstr("dev lan2 nud"))));
  // Another gateway by DHCP, and the old one again.
  routes_ = R"([{"dst":"default","gateway":"10.1.1.254","dev":"lan1"}])";
  changes_.clear();
  clock_.advance(std::chrono::seconds(300));
  EXPECT_THAT(network->renew_leases(), testing::IsEmpty());
  EXPECT_THAT(changes_, testing::Not(testing::Contains(testing::HasSubstr("neigh"))));
  routes_ = routes;
  clock_.advance(std::chrono::seconds(300));
  EXPECT_THAT(network->renew_leases(), testing::IsEmpty());
  EXPECT_EQ(changes_.back(), tie);
  // What is tied and away is released, too.
  routes_ = R"([{"dst":"default","gateway":"10.1.1.254","dev":"lan1"}])";
  EXPECT_EQ(network->untie_gateway("lan2").error().error.kind, ErrorKind::not_found);
  ASSERT_TRUE(network->untie_gateway("lan1"));
  EXPECT_TRUE(open()->view()->wanted.gateways.empty());
}

TEST_F(HostNetworkGatewaysTest, OneGatewayThatCannotBeTiedIsToldAndKeepsNoOtherFromIt) {
  const auto network = open();
  ASSERT_TRUE(network->tie_gateway("lan1", *parse_mac("52:54:00:aa:0b:01")));
  ASSERT_TRUE(network->tie_gateway("lan2", *parse_mac("52:54:00:aa:0b:02")));
  changes_.clear();
  failing_ = "dev lan1 nud";
  EXPECT_THAT(network->restore(), testing::ElementsAre(testing::HasSubstr("of card \"lan1\"")));
  EXPECT_THAT(changes_, testing::Contains(testing::HasSubstr("dev lan2 nud")));
  failing_ = "neigh replace";
  EXPECT_THAT(network->restore(),
              testing::ElementsAre(testing::HasSubstr("lan1"), testing::HasSubstr("lan2")));
  const auto set = network->set_card("lan1", card("10.1.1.2", 24, "10.1.1.1", 7200));
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().error.message, testing::HasSubstr("not tied"));
  EXPECT_EQ(open()->view()->wanted.cards.at("lan1").settings.mtu, 7200u) << "what was set is kept";
}

TEST_F(HostNetworkGatewaysTest, ABondHasTheTiesOfItsFirstMember) {
  const auto network = open();
  ASSERT_TRUE(network->tie_gateway("lan1", *parse_mac("52:54:00:aa:0b:01")));
  ASSERT_TRUE(network->tie_gateway("lan2", *parse_mac("52:54:00:aa:0b:02")));
  ASSERT_TRUE(network->bond({"bond0", "active-backup", {"lan1", "lan2"}}));
  const GatewayPlace place{"bond0", *parse_ipv4("10.1.1.1")};
  EXPECT_THAT(network->view()->wanted.gateways, testing::ElementsAre(testing::Key(place)));
}

TEST_F(HostNetworkGatewaysTest, OnlyTheGatewayOfACardCanBeTied) {
  const auto network = open();
  const auto mac = *parse_mac("52:54:00:aa:0b:01");
  EXPECT_EQ(network->tie_gateway("lan9", mac).error().error.kind, ErrorKind::not_found);
  const auto own = network->tie_gateway("lan1", *parse_mac("02:00:00:00:00:01"));
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().field, "mac");
  failing_ = "neigh";
  EXPECT_FALSE(network->tie_gateway("lan1", mac));
  EXPECT_TRUE(network->view()->wanted.gateways.empty());
  EXPECT_EQ(open(false)->tie_gateway("lan1", mac).error().error.kind, ErrorKind::denied);
}

}  // namespace
}  // namespace watchrig::platform
