#include <algorithm>
#include <fstream>

#include "system/base/text.hpp"
#include "system/platform/testing/host_network_fixture.hpp"

namespace watchrig::platform {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;

TEST_F(HostNetworkTest, ReadsCardsAndRoutes) {
  const auto view = open()->view();
  ASSERT_TRUE(view);
  ASSERT_EQ(view->now.cards.size(), 2u);
  EXPECT_EQ(view->now.cards[0].name, "lan1");
  EXPECT_TRUE(view->now.cards[0].online);
  EXPECT_EQ(view->now.cards[0].speed_mbps, 1000u);
  EXPECT_FALSE(view->now.cards[0].leased);
  EXPECT_TRUE(view->now.cards[1].enabled);
  EXPECT_FALSE(view->now.cards[1].online);
  EXPECT_TRUE(view->now.cards[1].leased);
  EXPECT_EQ(view->now.routes.size(), 3u);
  EXPECT_EQ(view->now.default_card(), "lan1");
}

TEST_F(HostNetworkTest, ChangesNothingUnlessSomebodySaidSo) {
  const auto network = open(false);
  ASSERT_TRUE(network->read_only());
  const HostRoute route{*parse_ipv4("10.8.0.0"), 16, parse_ipv4("10.1.1.3"), "lan1", 0};
  for (const auto& refused :
       {network->set_card("lan1", card("10.1.1.5", 24, "10.1.1.1")), network->set_default_card("lan1"),
        network->set_name_servers({false, parse_ipv4("9.9.9.9"), {}}), network->add_route(route),
        network->remove_route(route), network->bond({"bond0", "balance-rr", {"lan1", "lan2"}}),
        network->split("bond0")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error.kind, ErrorKind::denied);
    EXPECT_NE(refused.error().error.message.find("host.network=iproute2"), std::string::npos);
  }
  EXPECT_TRUE(network->restore().empty());
  EXPECT_TRUE(changes_.empty());
}

TEST_F(HostNetworkTest, AnAddressTakesItsRoutesAlong) {
  ASSERT_TRUE(open()->set_card("lan1", card("10.1.1.5", 24, "10.1.1.254")));
  EXPECT_THAT(changes_,
              testing::ElementsAre("ip -4 route del 10.9.0.0/16 via 10.1.1.3 dev lan1",
                                   "ip -4 route del default via 10.1.1.1 dev lan1 metric 100",
                                   "ip -4 address del 10.1.1.2/24 dev lan1",
                                   "ip -4 address add 10.1.1.5/24 dev lan1 broadcast +",
                                   "ip -4 route replace 10.9.0.0/16 via 10.1.1.3 dev lan1",
                                   "ip -4 route replace default via 10.1.1.254 dev lan1 metric 100"));
}

TEST_F(HostNetworkTest, WhatFailsHalfwayIsTakenBack) {
  failing_ = "route replace 10.9";
  const auto done = open()->set_card("lan1", card("10.1.1.5", 24, "10.1.1.254"));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().error.message.find("Operation not permitted"), std::string::npos);
  // That route is one of those put back, too, and fails again.
  EXPECT_NE(done.error().error.message.find("could not be taken back"), std::string::npos);
  EXPECT_THAT(std::vector(changes_.begin() + 5, changes_.end()),
              testing::ElementsAre("ip -4 address del 10.1.1.5/24 dev lan1",
                                   "ip -4 address add 10.1.1.2/24 dev lan1 broadcast +",
                                   "ip -4 route replace default via 10.1.1.1 dev lan1 metric 100",
                                   "ip -4 route replace 10.9.0.0/16 via 10.1.1.3 dev lan1"));
  EXPECT_FALSE(fs::exists(folder_ / "network.json"));
}

TEST_F(HostNetworkTest, AnotherMtuRestartsTheCard) {
  ASSERT_TRUE(open()->set_card("lan1", card("10.1.1.2", 24, "10.1.1.1", 7200)));
  EXPECT_THAT(changes_, testing::IsSupersetOf({"ip link set dev lan1 down", "ip link set dev lan1 mtu 7200",
                                               "ip link set dev lan1 up"}));
  EXPECT_THAT(changes_, testing::Not(testing::Contains(testing::HasSubstr("address"))));
}

TEST_F(HostNetworkTest, RefusesWhatNoCardCanHave) {
  const auto network = open();
  const auto field_of = [&](const char* name, const HostNetwork::Card& wanted) {
    const auto done = network->set_card(name, wanted);
    return done ? std::string("nothing") : done.error().field;
  };
  EXPECT_EQ(field_of("lan1", card("10.1.1.2", 24, "10.1.1.1", 1499)), "mtu");
  EXPECT_EQ(field_of("lan1", card("10.1.1.2", 24, "10.1.1.1", 7201)), "mtu");
  EXPECT_EQ(field_of("lan1", card("10.1.1.0", 24, "10.1.1.1")), "address");
  EXPECT_EQ(field_of("lan1", card("10.1.1.255", 24, "10.1.1.1")), "address");
  EXPECT_EQ(field_of("lan1", card("10.1.1.2", 0, "10.1.1.1")), "mask");
  EXPECT_EQ(field_of("lan1", card("10.1.1.2", 24, "10.1.2.1")), "gateway");
  EXPECT_EQ(field_of("lan1", card("10.1.1.2", 24, "10.1.1.2")), "gateway");
  EXPECT_EQ(field_of("lan1", card("10.2.2.2", 24, "10.2.2.1")), "address") << "lan2 has it";
  EXPECT_EQ(network->set_card("lan3", card("10.1.1.5", 24, "10.1.1.1")).error().error.kind,
            ErrorKind::not_found);
  EXPECT_TRUE(changes_.empty());
}

TEST_F(HostNetworkTest, OnlyACardThatIsOnlineIsTheDefaultOne) {
  const auto network = open();
  EXPECT_EQ(network->set_default_card("lan2").error().error.kind, ErrorKind::conflict);
  EXPECT_EQ(network->set_default_card("lan3").error().error.kind, ErrorKind::not_found);
  EXPECT_TRUE(network->set_default_card("lan1"));
}

TEST_F(HostNetworkTest, ARouteNeedsAGatewayThatTheCardReaches) {
  const auto network = open();
  HostRoute route{*parse_ipv4("10.8.0.0"), 16, parse_ipv4("10.1.1.3"), "lan1", 0};
  ASSERT_TRUE(network->add_route(route));
  EXPECT_THAT(changes_, testing::ElementsAre("ip -4 route add 10.8.0.0/16 via 10.1.1.3 dev lan1"));
  route.gateway = parse_ipv4("10.2.2.3");
  EXPECT_EQ(network->add_route(route).error().field, "gateway");
  route = {*parse_ipv4("10.8.0.1"), 16, parse_ipv4("10.1.1.3"), "lan1", 0};
  EXPECT_EQ(network->add_route(route).error().field, "destination");
  route = {*parse_ipv4("10.9.0.0"), 16, parse_ipv4("10.1.1.3"), "lan1", 0};
  EXPECT_EQ(network->add_route(route).error().error.kind, ErrorKind::conflict);
  route = {0, 0, parse_ipv4("10.1.1.3"), "lan1", 0};
  EXPECT_EQ(network->add_route(route).error().field, "mask");
  EXPECT_EQ(network->remove_route(route).error().error.kind, ErrorKind::not_found);
}

TEST_F(HostNetworkTest, HasAHundredAndTwentyEightRoutesAndNoMore) {
  const auto network = open();
  const auto route = [](unsigned number) {
    return HostRoute{*parse_ipv4("172.16.0.0") + (number << 8U), 24, parse_ipv4("10.1.1.3"), "lan1", 0};
  };
  for (unsigned number = 0; number < 128; ++number) ASSERT_TRUE(network->add_route(route(number))) << number;
  changes_.clear();
  const auto refused = network->add_route(route(128));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.kind, ErrorKind::full);
  EXPECT_EQ(refused.error().error.message, "there are 128 routes already; remove one");
  EXPECT_THAT(changes_, testing::IsEmpty());
  routes_ = R"([{"dst":"172.16.0.0/24","gateway":"10.1.1.3","dev":"lan1","flags":[]}])";
  ASSERT_TRUE(network->remove_route(route(0)));
  EXPECT_TRUE(network->add_route(route(128)));
}

TEST_F(HostNetworkTest, WhatWasSetIsSetAgain) {
  ASSERT_TRUE(open()->set_card("lan1", card("10.1.1.5", 24, "10.1.1.254", 7200)));
  ASSERT_TRUE(open()->set_name_servers({false, parse_ipv4("9.9.9.9"), parse_ipv4("1.1.1.1")}));
  ASSERT_TRUE(open()->add_route({*parse_ipv4("10.8.0.0"), 16, parse_ipv4("10.1.1.3"), "lan1", 0}));
  fs::remove(folder_ / "resolv.conf");
  changes_.clear();
  EXPECT_THAT(open()->restore(), testing::IsEmpty());
  EXPECT_THAT(changes_, testing::IsSupersetOf({"ip -4 address add 10.1.1.5/24 dev lan1 broadcast +",
                                               "ip link set dev lan1 mtu 7200",
                                               "ip -4 route add 10.8.0.0/16 via 10.1.1.3 dev lan1"}));
  EXPECT_EQ(open()->view()->name_servers, (std::vector<std::string>{"9.9.9.9", "1.1.1.1"}));
}

TEST_F(HostNetworkTest, ALeaseIsAskedForAgainWhenHalfOfItIsOver) {
  const auto network = open();
  ASSERT_TRUE(network->set_card("lan1", {true, {}, {}, 1500}));
  EXPECT_THAT(changes_, testing::Contains("ip -4 address add 10.1.1.77/24 dev lan1 broadcast + valid_lft 600 "
                                          "preferred_lft 600"));
  changes_.clear();
  clock_.advance(std::chrono::seconds(299));
  EXPECT_FALSE(network->lease_due());
  EXPECT_THAT(network->renew_leases(), testing::IsEmpty());
  EXPECT_THAT(changes_, testing::IsEmpty());
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(network->lease_due());
  failing_ = "route replace";
  EXPECT_THAT(network->renew_leases(), testing::SizeIs(1));
  EXPECT_THAT(changes_, testing::Contains(testing::HasSubstr("udhcpc -i lan1")));
  EXPECT_FALSE(network->lease_due());
  clock_.advance(std::chrono::minutes(1));
  EXPECT_TRUE(network->lease_due()) << "it has failed";
  failing_.clear();
  EXPECT_THAT(network->renew_leases(), testing::IsEmpty());
  clock_.advance(std::chrono::minutes(1));
  EXPECT_FALSE(network->lease_due());
  ASSERT_TRUE(network->set_card("lan1", card("10.1.1.5", 24, "10.1.1.1")));
  clock_.advance(std::chrono::hours(1));
  EXPECT_FALSE(network->lease_due()) << "it is static now";
}

TEST_F(HostNetworkTest, ADhcpServerThatIsAwayAtTheStartIsAskedAgain) {
  ASSERT_TRUE(open()->set_card("lan1", {true, {}, {}, 1500}));
  server_away_ = true;
  const auto network = open();
  EXPECT_THAT(network->restore(), testing::SizeIs(1));
  EXPECT_FALSE(network->lease_due());
  clock_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(network->lease_due());
  EXPECT_THAT(network->renew_leases(), testing::SizeIs(1));
  clock_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(network->lease_due());
  server_away_ = false;
  changes_.clear();
  EXPECT_THAT(network->renew_leases(), testing::IsEmpty());
  EXPECT_THAT(changes_, testing::Contains(testing::HasSubstr("address add 10.1.1.77/24 dev lan1")));
  clock_.advance(std::chrono::seconds(299));
  EXPECT_FALSE(network->lease_due());
}

TEST_F(HostNetworkTest, ARefusedLeaseChangesNothing) {
  const auto network = open();
  failing_ = "route replace";
  EXPECT_FALSE(network->set_card("lan1", {true, {}, {}, 1500}));
  clock_.advance(std::chrono::hours(1));
  EXPECT_FALSE(network->lease_due());
}

TEST_F(HostNetworkTest, WhatIsDoneIsRememberedThoughTheResolverCannotBeWritten) {
  fs::create_directories(folder_ / "resolv.conf" / "in the way");
  with_name_server_ = true;
  const auto network = open();
  ASSERT_TRUE(network->set_card("lan1", {true, {}, {}, 1500}));
  EXPECT_TRUE(network->view()->wanted.cards.at("lan1").dhcp);
  EXPECT_THAT(network->view()->resolver_failure, testing::HasSubstr("resolv.conf"));
  fs::remove_all(folder_ / "resolv.conf");
  clock_.advance(std::chrono::seconds(300));
  EXPECT_THAT(network->renew_leases(), testing::IsEmpty());
  EXPECT_EQ(network->view()->resolver_failure, "");
}

TEST_F(HostNetworkTest, ADamagedMemoryIsNamed) {
  for (const auto* text :
       {"", "[]", "{\"cards\":7}", "{\"cards\":{\"-h\":{}}}", "{\"routes\":[{\"card\":\"a b\"}]}"}) {
    std::ofstream(folder_ / "network.json", std::ios::trunc) << text;
    const auto opened = HostNetwork::open({true, {}, folder_, {}, {}, {}}, clock_);
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
    EXPECT_NE(opened.error().message.find("network.json"), std::string::npos);
  }
  fs::remove(folder_ / "network.json");
  fs::create_directory(folder_ / "network.json");
  EXPECT_EQ(HostNetwork::open({true, {}, folder_, {}, {}, {}}, clock_).error().kind, ErrorKind::corrupt);
}

TEST_F(HostNetworkTest, ABondTakesTheAddressOfItsFirstCard) {
  ASSERT_TRUE(open()->bond({"bond0", "active-backup", {"lan1", "lan2"}}));
  const auto at = [&](const char* text) { return std::ranges::find(changes_, text) - changes_.begin(); };
  const auto made = at("ip link add name bond0 type bond mode active-backup miimon 100");
  ASSERT_LT(made, std::ssize(changes_));
  EXPECT_LT(at("ip link set dev lan1 down"), made);
  EXPECT_LT(at("ip -4 address del 10.2.2.2/24 dev lan2"), made);
  EXPECT_LT(made, at("ip link set dev lan2 master bond0"));
  EXPECT_LT(at("ip link set dev lan2 master bond0"), at("ip link set dev bond0 up"));
  EXPECT_LT(at("ip -4 address add 10.1.1.2/24 dev bond0 broadcast +"), std::ssize(changes_));
  EXPECT_EQ(changes_.back(), "ip -4 route replace default via 10.1.1.1 dev bond0 metric 100");
}

TEST_F(HostNetworkTest, ABondOfALeasedAddressAsksForItAgain) {
  const auto network = open();
  ASSERT_TRUE(network->set_card("lan2", {true, {}, {}, 1500}));
  ASSERT_TRUE(network->bond({"bond0", "active-backup", {"lan2", "lan1"}}));
  EXPECT_THAT(changes_, testing::Contains("ip -4 address add 10.2.2.2/24 dev bond0 broadcast + valid_lft 600 "
                                          "preferred_lft 600"));
  EXPECT_FALSE(network->lease_due());
  clock_.advance(std::chrono::minutes(1));
  EXPECT_TRUE(network->lease_due());
}

TEST_F(HostNetworkTest, ABondThatTheKernelDoesNotKnowLeavesTheCardsAsTheyWere) {
  failing_ = "type bond";
  const auto network = open();
  ASSERT_FALSE(network->bond({"bond0", "802.3ad", {"lan1", "lan2"}}));
  EXPECT_EQ(changes_.back(), "ip -4 route replace 10.9.0.0/16 via 10.1.1.3 dev lan1");
  EXPECT_THAT(changes_, testing::Contains("ip link set dev lan1 up"));
  EXPECT_TRUE(network->view()->wanted.bonds.empty());
}

TEST_F(HostNetworkTest, ABondNeedsTwoFreeCardsAndAModeThatExists) {
  const auto network = open();
  const auto field_of = [&](const BondSettings& bond) { return network->bond(bond).error().field; };
  EXPECT_EQ(field_of({"bond0", "balance-tlb", {"lan1", "lan2"}}), "mode");
  EXPECT_EQ(field_of({"bond0", "balance-rr", {"lan1"}}), "cards");
  EXPECT_EQ(field_of({"bond0", "balance-rr", {"lan1", "lan1"}}), "cards");
  EXPECT_EQ(field_of({"bond0", "balance-rr", {"lan1", "lan9"}}), "cards");
  EXPECT_EQ(field_of({"lan1", "balance-rr", {"lan1", "lan2"}}), "name");
  EXPECT_EQ(field_of({"--help", "balance-rr", {"lan1", "lan2"}}), "name");
  EXPECT_TRUE(changes_.empty());
}

TEST_F(HostNetworkTest, NewCardsHaveTheAddressesOfTheProductAndThoseAfterThemTheUsual) {
  addresses_ = R"([
 {"ifindex":3,"ifname":"lan1","flags":["UP"],"mtu":1500,"link_type":"ether","addr_info":[]},
 {"ifindex":4,"ifname":"lan2","flags":["UP"],"mtu":1500,"link_type":"ether","addr_info":[]}])";
  routes_ = "[]";
  addresses_when_new_ = {{*parse_ipv4("192.168.1.113"), 24}};
  EXPECT_THAT(open()->restore(), testing::IsEmpty());
  EXPECT_THAT(changes_, testing::IsSupersetOf({"ip -4 address add 192.168.1.113/24 dev lan1 broadcast +",
                                               "ip -4 address add 192.168.2.108/24 dev lan2 broadcast +"}));
}

TEST(NetworkCommands, ASplitBondLeavesItsAddressToTheFirstCard) {
  HostNetworkState state;
  state.cards = {
      {3, "lan1", {}, true, true, {}, 1500, {}, false, "bond0", {}},
      {4, "lan2", {}, true, true, {}, 1500, {}, false, "bond0", {}},
      {9, "bond0", {}, true, true, {}, 1500, {{*parse_ipv4("10.1.1.2"), 24}}, false, {}, "802.3ad"}};
  state.routes = {{0, 0, parse_ipv4("10.1.1.1"), "bond0", 100}};
  std::vector<std::string> words;
  for (const auto& step : plan_split(state, state.cards[2], {HostNetwork::settings_when_new(1)}))
    words.push_back(to_string(step.command));
  EXPECT_THAT(words, testing::ElementsAre(
                         "ip -4 route del default via 10.1.1.1 dev bond0 metric 100",
                         "ip -4 address del 10.1.1.2/24 dev bond0", "ip link set dev lan1 nomaster",
                         "ip link set dev lan1 up", "ip -4 address add 10.1.1.2/24 dev lan1 broadcast +",
                         "ip -4 route replace default via 10.1.1.1 dev lan1 metric 100",
                         "ip link set dev lan2 nomaster", "ip link set dev lan2 up",
                         "ip -4 address add 192.168.2.108/24 dev lan2 broadcast +", "ip link del dev bond0"));
}

}  // namespace
}  // namespace watchrig::platform
