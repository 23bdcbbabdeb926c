#include "system/devices/discovery/device_search.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

using boost::asio::ip::udp;
using protocols::DiscoveryKind;
using protocols::DiscoveryMessage;
using protocols::DiscoveryTarget;
using testing::HasSubstr;

/// Of this process alone, so that two of them do not answer each other's probes.
const std::string host = fmt::format("127.{}.{}.1", 64 + ::getpid() / 250 % 128, ::getpid() % 250);

DiscoveryTarget target(const std::string& endpoint, const std::string& address) {
  return {endpoint,
          {{std::string(protocols::uri_of_prefix("dn")), "NetworkVideoTransmitter"}},
          {"onvif://www.onvif.org/name/North%20Gate", "onvif://www.onvif.org/hardware/X1",
           "onvif://www.onvif.org/manufacturer/Acme"},
          {address},
          1};
}

/// A host that answers each probe with what the test has it say.
class DeviceSearchTest : public testing::Test {
 protected:
  using Say = std::function<std::vector<std::string>(const DiscoveryMessage& probe)>;

  DeviceSearchTest() {
    socket_.open(udp::v4());
    socket_.set_option(udp::socket::reuse_address(true));
    socket_.bind({boost::asio::ip::make_address(host), DiscoveryMessage::port});
    hear();
  }
  void hear() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_, [this](auto error, std::size_t size) {
      if (error) return;
      const auto probe = protocols::read_discovery(std::string_view(buffer_.data(), size));
      for (const auto& text : probe ? say(*probe) : std::vector<std::string>()) {
        socket_.send_to(boost::asio::buffer(text), from_);
      }
      hear();
    });
  }
  static std::string answer(const DiscoveryMessage& probe, std::vector<DiscoveryTarget> targets) {
    return protocols::write_discovery(
        {DiscoveryKind::probe_matches, "urn:uuid:a", probe.id, {}, {}, std::move(targets)});
  }
  SearchState find(SearchOrder order) {
    std::vector<double> told;
    order.progress = [&](double progress) { told.push_back(progress); };
    order.time = std::chrono::seconds(2);
    const auto search = std::make_shared<DeviceSearch>(context_.get_executor(), clock_, trust);
    EXPECT_TRUE(search->start(std::move(order)));
    EXPECT_EQ(search->start({}).error().kind, base::ErrorKind::conflict);
    while (search->state().phase == SearchState::Phase::running) context_.run_one();
    EXPECT_EQ(told.empty() ? 1 : told.front(), 0) << "a search is seen from its start";
    return search->state();
  }
  const DeviceSearch::Trust trust = [this]() -> base::TlsTrust {
    ++trusts;
    return [] { return std::shared_ptr<ssl_ctx_st>(); };
  };
  int trusts = 0;
  static SearchOrder one_host() {
    SearchOrder order;
    order.ranges = {*parse_address_range(host)};
    return order;
  }

  boost::asio::io_context context_{1};
  const base::Clock clock_;
  udp::socket socket_{context_};
  std::vector<char> buffer_ = std::vector<char>(65536);
  udp::endpoint from_;
  Say say = [](const auto&) { return std::vector<std::string>(); };
};

const std::string service = fmt::format("http://{}:9/onvif/device_service", host);

TEST_F(DeviceSearchTest, a_device_is_found_once_with_what_it_tells) {
  say = [](const auto& probe) { return std::vector(2, answer(probe, {target("urn:uuid:1", service)})); };
  const auto state = find(one_host());
  EXPECT_EQ(state.phase, SearchState::Phase::done);
  EXPECT_EQ(state.progress, 1);
  EXPECT_EQ(state.counts.answers, 4U);
  ASSERT_EQ(state.devices.size(), 1U);
  EXPECT_EQ(state.devices[0].name, "North Gate");
  EXPECT_EQ(state.devices[0].model, "X1");
  EXPECT_EQ(state.devices[0].manufacturer, "Acme");
  EXPECT_EQ(state.devices[0].service.port, 9);
  EXPECT_FALSE(state.devices[0].initialised) << "nobody listens there";
  EXPECT_TRUE(state.notes.empty());
}

TEST_F(DeviceSearchTest, other_makers_are_left_out) {
  say = [](const auto& probe) { return std::vector{answer(probe, {target("urn:uuid:1", service)})}; };
  auto order = one_host();
  order.manufacturer = "acme";
  EXPECT_EQ(find(order).devices.size(), 1U);
  order.manufacturer = "acm";
  const auto state = find(order);
  EXPECT_TRUE(state.devices.empty());
  EXPECT_EQ(state.counts.other_makers, 1U);
}

TEST_F(DeviceSearchTest, what_is_no_answer_is_counted_and_named) {
  say = [](const DiscoveryMessage& probe) {
    auto other = probe;
    other.id = "urn:uuid:other";
    auto printer = target("urn:uuid:5", service);
    printer.types = {{"urn:printer", "Printer"}};
    return std::vector<std::string>{
        "hello",
        std::string(65000, ' '),
        protocols::write_discovery(probe),
        answer(other, {target("urn:uuid:1", service)}),
        answer(probe, {target("urn:uuid:2", "http://10.0.0.1/onvif/device_service")}),
        answer(probe, {target("urn:uuid:3", fmt::format("https://{}/onvif", host))}),
        answer(probe, {target("urn:uuid:4", "file:///etc/passwd")}),
        answer(probe, {printer})};
  };
  const auto state = find(one_host());
  ASSERT_EQ(state.devices.size(), 1U) << "by HTTPS";
  EXPECT_TRUE(state.devices[0].service.tls);
  EXPECT_TRUE(state.devices[0].trust) << "to be asked by HTTPS";
  EXPECT_EQ(trusts, 1);
  EXPECT_EQ(state.counts.answers, 16U);
  EXPECT_EQ(state.counts.malformed, 8U);
  EXPECT_EQ(state.counts.unasked, 2U);
  EXPECT_EQ(state.counts.elsewhere, 4U);
  EXPECT_THAT(state.notes, testing::Contains(HasSubstr(host + ": tells of http://10.0.0.1/onvif")));
  EXPECT_THAT(state.notes, testing::Contains(HasSubstr("not asked")));
}

TEST_F(DeviceSearchTest, one_host_is_believed_so_many_devices_and_no_more) {
  say = [](const auto& probe) {
    std::vector<std::string> all;
    for (int n = 0; n < 80; ++n)
      all.push_back(answer(probe, {target(fmt::format("urn:uuid:{}", n), service)}));
    return all;
  };
  const auto state = find(one_host());
  EXPECT_EQ(state.devices.size(), DeviceSearch::most_of_a_host);
  EXPECT_EQ(state.counts.too_many, 2 * (80 - DeviceSearch::most_of_a_host));
  EXPECT_EQ(state.notes.size(), DeviceSearch::most_notes);
}

TEST_F(DeviceSearchTest, everybody_is_asked_on_the_loopback_interface_too) {
  const auto endpoint = fmt::format("urn:uuid:everybody-{}", ::getpid());
  const auto group = boost::asio::ip::make_address_v4(DiscoveryMessage::group);
  udp::socket everybody(context_, udp::v4());
  int heard = 0;
  everybody.set_option(udp::socket::reuse_address(true));
  everybody.bind({group, DiscoveryMessage::port});
  everybody.set_option(
      boost::asio::ip::multicast::join_group(group, boost::asio::ip::address_v4::loopback()));
  std::vector<char> buffer(65536);
  std::function<void()> hear = [&] {
    everybody.async_receive_from(boost::asio::buffer(buffer), from_, [&](auto error, std::size_t size) {
      if (error) return;
      const auto probe = protocols::read_discovery(std::string_view(buffer.data(), size));
      if (probe && probe->kind == DiscoveryKind::probe && ++heard > 0) {
        socket_.send_to(boost::asio::buffer(answer(*probe, {target(endpoint, service)})), from_);
      }
      hear();
    });
  };
  hear();
  SearchOrder order;
  order.own_addresses = {"127.0.0.1"};
  const auto state = find(order);
  EXPECT_GE(heard, 3);
  const auto is_ours = [&](const FoundDevice& device) { return device.endpoint == endpoint; };
  EXPECT_EQ(std::ranges::count_if(state.devices, is_ours), 1);
}

TEST_F(DeviceSearchTest, who_takes_the_name_of_another_does_not_hide_it) {
  const std::string rival = host.substr(0, host.size() - 1) + "2";
  udp::socket other(context_, {boost::asio::ip::make_address(rival), 0});
  say = [&](const auto& probe) {
    const auto text = answer(probe, {target("urn:uuid:1", fmt::format("http://{}:9/onvif", rival))});
    other.send_to(boost::asio::buffer(text), from_);
    return std::vector{answer(probe, {target("urn:uuid:1", service)})};
  };
  auto order = one_host();
  order.ranges = {*parse_address_range(host + "-" + rival)};
  const auto state = find(order);
  ASSERT_EQ(state.devices.size(), 2U);
  EXPECT_NE(state.devices[0].service.host, state.devices[1].service.host);
  EXPECT_THAT(state.notes, testing::ElementsAre(HasSubstr("says to be urn:uuid:1, as")));
}

TEST_F(DeviceSearchTest, what_has_a_name_that_cannot_be_shown_is_none) {
  say = [](const auto& probe) { return std::vector{answer(probe, {target("urn:uuid:\xff", service)})}; };
  const auto state = find(one_host());
  EXPECT_TRUE(state.devices.empty());
  EXPECT_EQ(state.counts.malformed, 2U);
}

TEST_F(DeviceSearchTest, who_does_not_answer_in_time_is_kept_all_the_same) {
  boost::asio::ip::tcp::acceptor silent(context_, {boost::asio::ip::make_address(host), 0});
  const auto address = fmt::format("http://{}:{}/onvif", host, silent.local_endpoint().port());
  const auto search = std::make_shared<DeviceSearch>(context_.get_executor(), clock_, trust);
  say = [&](const auto& probe) { return std::vector{answer(probe, {target("urn:uuid:1", address)})}; };
  silent.async_accept([&](auto, auto) { search->stop(); });
  ASSERT_TRUE(search->start(one_host()));
  while (search->state().phase == SearchState::Phase::running) context_.run_one();
  ASSERT_EQ(search->state().devices.size(), 1U);
  EXPECT_FALSE(search->state().devices[0].initialised);
}

TEST_F(DeviceSearchTest, stops_when_it_is_told_to_and_keeps_what_it_has) {
  const auto search = std::make_shared<DeviceSearch>(context_.get_executor(), clock_, trust);
  say = [&](const auto& probe) {
    boost::asio::post(context_, [&] { search->stop(); });
    return std::vector{answer(probe, {target("urn:uuid:1", service)})};
  };
  auto order = one_host();
  order.time = std::chrono::seconds(20);
  ASSERT_TRUE(search->start(order));
  while (search->state().phase == SearchState::Phase::running) context_.run_one();
  EXPECT_EQ(search->state().phase, SearchState::Phase::stopped);
}

TEST_F(DeviceSearchTest, too_many_addresses_are_refused) {
  const auto search = std::make_shared<DeviceSearch>(context_.get_executor(), clock_, trust);
  SearchOrder order;
  order.ranges = {*parse_address_range("127.0.0.1-127.0.16.0"), *parse_address_range("127.1.0.1")};
  EXPECT_EQ(order.ranges[0].size(), DeviceSearch::most_addresses);
  EXPECT_EQ(search->start(order).error().kind, base::ErrorKind::full);
  EXPECT_EQ(search->state().phase, SearchState::Phase::none);
}

}  // namespace
}  // namespace watchrig::devices
