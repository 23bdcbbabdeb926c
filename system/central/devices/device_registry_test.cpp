#include "system/central/devices/device_registry.hpp"

#include <gmock/gmock.h>

#include "system/central/testing/device_registry_fixture.hpp"

namespace watchrig::central {
namespace {

using DeviceRegistryTest = DeviceRegistryFixture;

TEST_F(DeviceRegistryTest, DevicesAndPlansSurviveARestart) {
  {
    auto registry = open();
    Device gate = device("Gate \"1\"; é");
    gate.streams["sub"] = "rtsp://127.0.0.1:554/sub";
    gate.streams["sub2"] = "rtsp://127.0.0.1:554/sub2?a=%22";
    gate.channels.emplace_back().streams = {{"main", "rtsp://127.0.0.1/a"}, {"sub2", "rtsp://127.0.0.1/b"}};
    gate.username = "admin";
    gate.password = "secret";
    gate.transport = Transport::udp;
    const auto added = registry->add(gate);
    ASSERT_TRUE(added);
    EXPECT_EQ((*added)->id, "d1");
    EXPECT_EQ((*added)->channels.front().id, "c1");
    ASSERT_TRUE(registry->set_recording("c1", as(RecordPlan::continuous, "sub2")));
  }
  const auto registry = open();
  const auto devices = all(*registry);
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0]->name, "Gate \"1\"; é");
  EXPECT_EQ(devices[0]->password, "secret");
  EXPECT_EQ(devices[0]->transport, Transport::udp);
  EXPECT_EQ(devices[0]->channels[0].plan, RecordPlan::continuous);
  EXPECT_EQ(devices[0]->channels[0].recorded_stream, "sub2");
  EXPECT_EQ(devices[0]->streams.at("sub2"), "rtsp://127.0.0.1:554/sub2?a=%22");
  EXPECT_EQ(devices[0]->channels[0].streams.at("sub2"), "rtsp://127.0.0.1/b");
}

TEST_F(DeviceRegistryTest, IdsAreNeverUsedTwice) {
  auto registry = open();
  ASSERT_TRUE(registry->add(device("a")));
  ASSERT_TRUE(registry->remove("d1"));
  EXPECT_EQ((*registry->add(device("a")))->id, "d2");
  EXPECT_EQ(registry->find("d1").error().kind, base::ErrorKind::not_found);
  EXPECT_EQ(registry->remove("d1").error().error.kind, base::ErrorKind::not_found);
}

TEST_F(DeviceRegistryTest, ATakenNameIsAConflict) {
  auto registry = open();
  ASSERT_TRUE(registry->add(device("a")));
  const auto again = registry->add(device("a"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().field, "name");
  EXPECT_EQ(again.error().error.kind, base::ErrorKind::conflict);
  EXPECT_EQ(all(*registry).size(), 1U);
}

TEST_F(DeviceRegistryTest, EachWrongFieldIsNamedAndNothingIsAdded) {
  auto registry = open();
  const auto refused_field = [&](auto change) {
    Device wrong = device("wrong");
    change(wrong);
    const auto added = registry->add(wrong);
    return added ? std::string("accepted") : added.error().field;
  };
  EXPECT_EQ(refused_field([](Device& d) { d.name = ""; }), "name");
  EXPECT_EQ(refused_field([](Device& d) { d.name = std::string(64, 'x'); }), "name");
  EXPECT_EQ(refused_field([](Device& d) { d.name = "a\nb"; }), "name");
  EXPECT_EQ(refused_field([](Device& d) { d.driver = "acme"; }), "driver");
  EXPECT_EQ(refused_field([](Device& d) { d.driver = "onvif"; }), "streams.main");
  EXPECT_EQ(refused_field([](Device& d) { d.streams.clear(); }), "streams.main");
  EXPECT_EQ(refused_field([](Device& d) { d.area = "a7"; }), "area");
  EXPECT_EQ(refused_field([](Device& d) { d.channel_count = 257; }), "channel_count");
  EXPECT_EQ(refused_field([](Device& d) { d.channel_count = 0; }), "channel_count");
  EXPECT_EQ(refused_field([](Device& d) { d.streams["third"] = "rtsp://h/x"; }), "streams.third");
  EXPECT_EQ(refused_field([](Device& d) { d.username = std::string(256, 'x'); }), "username");
  EXPECT_EQ(refused_field([](Device& d) { d.password = std::string(256, 'x'); }), "password");
  for (const char* address : {"", "http://host/x", "rtsp://", "rtsp:///path", "not a url", "rtsp://a b/"}) {
    EXPECT_EQ(refused_field([&](Device& d) { d.streams["main"] = address; }), "streams.main") << address;
  }
  EXPECT_EQ(refused_field([](Device& d) { d.name = std::string(63, 'x'); }), "accepted");
  EXPECT_EQ(all(*registry).size(), 1U);
}

TEST_F(DeviceRegistryTest, CredentialsLeaveTheAddress) {
  Device given = device("a");
  given.streams["main"] = "rtsp://user:p%40ss@127.0.0.1/main";
  const auto added = open()->add(given);
  ASSERT_TRUE(added);
  EXPECT_EQ((*added)->streams.at("main"), "rtsp://127.0.0.1/main");
  EXPECT_EQ((*added)->username, "user");
  EXPECT_EQ((*added)->password, "p@ss");
}

TEST_F(DeviceRegistryTest, CredentialsOfAnAddressKeepTheRulesOfTheOthers) {
  Device gate = device("Gate");
  for (const auto& [user, field] : std::vector<std::pair<std::string, std::string>>{
           {"a%0d%0aX-Evil:%201", "username"}, {std::string(256, 'u'), "username"}}) {
    gate.streams["main"] = "rtsp://" + user + ":p@127.0.0.1/main";
    const auto valid = checked(gate);
    ASSERT_FALSE(valid) << user;
    EXPECT_EQ(valid.error().field, field);
  }
  gate.streams["main"] = "rtsp://u:" + std::string(256, 'p') + "@127.0.0.1/main";
  EXPECT_FALSE(checked(gate));
  gate.streams["main"] = "rtsp://" + std::string(255, 'u') + ":p@127.0.0.1/main";
  EXPECT_TRUE(checked(gate));
}

TEST_F(DeviceRegistryTest, AskedBeforehandARowIsRefusedForWhatItWouldBeRefused) {
  auto registry = open();
  ASSERT_TRUE(registry->add(device("Gate")));
  Device lost = device("Lost");
  lost.area = "a9";
  const auto rows = registry->check({device("Gate"), device("Yard"), device("Yard"), lost});
  EXPECT_EQ(rows[0].error().field, "name");
  EXPECT_TRUE(rows[1]);
  EXPECT_EQ(rows[2].error().field, "name");
  EXPECT_EQ(rows[3].error().field, "area");
  EXPECT_EQ(all(*registry).size(), 1U);
}

TEST_F(DeviceRegistryTest, StreamsHaveTheirNames) {
  auto registry = open();
  Device odd = device("a");
  odd.streams["sub3"] = "rtsp://127.0.0.1/sub3";
  const auto refused = registry->add(odd);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "streams.sub3");
  EXPECT_EQ(refused.error().error.message, "a device has the streams main, sub, sub2");
}

TEST_F(DeviceRegistryTest, APlanNeedsItsStreamAndChannel) {
  auto registry = open();
  ASSERT_TRUE(registry->add(device("a")));
  const auto refused = registry->set_recording("c1", as(RecordPlan::continuous, "sub2")).error().error;
  EXPECT_EQ(refused.kind, base::ErrorKind::invalid);
  EXPECT_EQ(refused.message, "channel \"a\" has no stream \"sub2\"");
  EXPECT_EQ(registry->set_recording("c2", as(RecordPlan::continuous, "main")).error().error.kind,
            base::ErrorKind::not_found);
}

TEST_F(DeviceRegistryTest, NothingIsRecordedWithoutAStorageServer) {
  auto registry = open();
  Device gate = device("Gate");
  gate.storage_server = "elsewhere";
  EXPECT_EQ(registry->add(gate).error().field, "storage_server");
  gate.storage_server.clear();
  ASSERT_TRUE(registry->add(gate));
  EXPECT_EQ(registry->set_recording("c1", as(RecordPlan::continuous, "main")).error().error.kind,
            base::ErrorKind::conflict);
  EXPECT_TRUE(registry->set_recording("c1", as(RecordPlan::none, "main")));
  registry = open();
  EXPECT_EQ((*registry->find("d1"))->storage_server, "");
  const auto tie = [](std::string server) {
    return [server](Device& device) -> FieldResult<void> {
      device.storage_server = server;
      return {};
    };
  };
  ASSERT_TRUE(registry->change("d1", tie("local")));
  ASSERT_TRUE(registry->set_recording("c1", as(RecordPlan::continuous, "main")));
  EXPECT_EQ(registry->change("d1", tie("")).error().field, "storage_server");
}

TEST_F(DeviceRegistryTest, OfManyChannelsThosePickedExist) {
  auto registry = open();
  Device recorder = device("Hall");
  recorder.channel_count = 16;
  recorder.streams["main"] = "rtsp://127.0.0.1/ch{channel}/0";
  recorder.channels = {{"", "Door", RecordPlan::none, "main", 3, {}},
                       {"", "", RecordPlan::none, "main", 16, {}}};
  const auto added = registry->add(recorder).value();
  ASSERT_EQ(added->channels.size(), 2U);
  EXPECT_EQ(streams_of(*added, added->channels[0]).at("main"), "rtsp://127.0.0.1/ch3/0");
  EXPECT_EQ(added->channels[1].name, "Hall 16");
  EXPECT_EQ(registry->find_channel("Door").value().channel->id, "c1");
  recorder.name = "Yard";
  recorder.channels.clear();
  EXPECT_EQ(registry->add(recorder).value()->channels.size(), 16U);
  recorder.name = "Wrong";
  recorder.channels = {{"", "x", RecordPlan::none, "main", 17, {}}};
  EXPECT_EQ(registry->add(recorder).error().field, "channels.number");
}

TEST_F(DeviceRegistryTest, AChangeKeepsIdsAndTakesTheNewAddressEverywhere) {
  {
    auto registry = open();
    Device given = device("a");
    given.streams["sub"] = "rtsp://127.0.0.1:554/sub?x=1";
    ASSERT_TRUE(registry->add(given));
    const auto changed = registry->change("d1", [](Device& d) { return set_address(d, {"::1", 8554}); });
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->after->version, 2);
    EXPECT_EQ(changed->before->streams.at("main"), "rtsp://127.0.0.1:554/main");
    const auto refused = registry->change("d1", [](Device& d) { return set_address(d, {"a b", 1}); });
    EXPECT_EQ(refused.error().field, "address");
  }
  const auto registry = open();
  const auto after = registry->find("d1").value();
  EXPECT_EQ(after->streams.at("sub"), "rtsp://[::1]:8554/sub?x=1");
  EXPECT_EQ(after->version, 2);
  EXPECT_EQ(after->channels.front().id, "c1");
  EXPECT_EQ(address_of(*after).host, "::1");
}

TEST_F(DeviceRegistryTest, AnotherAddressDoesNotEndTls) {
  auto registry = open();
  Device given = device("a");
  given.driver = "onvif";
  given.streams = {{"main", "https://camera/onvif/device_service#one"}};
  ASSERT_TRUE(registry->add(given));
  EXPECT_TRUE(uses_tls(**registry->find("d1")));
  EXPECT_EQ(address_of(**registry->find("d1")).port, 443);
  EXPECT_EQ(address_of(**registry->find("d1")).tls, true);
  const auto after = [&](const DeviceAddress& address) {
    return registry->change("d1", [&](Device& d) { return set_address(d, address); })
        .value()
        .after->streams.at("main");
  };
  EXPECT_EQ(after({"10.1.2.3", 8443}), "https://10.1.2.3:8443/onvif/device_service#one");
  EXPECT_EQ(after({"10.1.2.3", 80, false}), "http://10.1.2.3:80/onvif/device_service#one");
  EXPECT_EQ(after({"10.1.2.3", 443, true}), "https://10.1.2.3:443/onvif/device_service#one");
  given.name = "b";
  given.streams = {{"main", "rtsps://camera/main"}};
  EXPECT_EQ(registry->add(given).error().field, "streams.main");
  given.driver = "rtsp";
  EXPECT_EQ(address_of(**registry->add(given)).port, 322);
  given.name = "c";
  given.certificate = "none";
  EXPECT_EQ(registry->add(given).error().field, "certificate");
  given.certificate = "any";
  given.cache_strategy = "fast";
  EXPECT_EQ(registry->add(given).error().field, "cache_strategy");
}

TEST_F(DeviceRegistryTest, AWrongRowKeepsNoOtherOut) {
  auto registry = open();
  const auto rows = registry->add({device("a"), device(""), device("a"), device("b")});
  EXPECT_TRUE(rows[0]);
  EXPECT_EQ(rows[1].error().field, "name");
  EXPECT_EQ(rows[2].error().field, "name");
  EXPECT_TRUE(rows[3]);
  EXPECT_EQ(all(*open()).size(), 2U);
}

TEST_F(DeviceRegistryTest, ListsAreFilteredSortedAndPaged) {
  auto registry = open();
  for (const char* name : {"Tür Nord", "gate 2", "GATE 10", "Yard"}) ASSERT_TRUE(registry->add(device(name)));
  ASSERT_TRUE(registry->change("d4", [](Device& d) { return set_address(d, {"10.1.2.3", 554}); }));
  const auto names = [&](DeviceQuery query) {
    std::vector<std::string> list;
    for (const auto& one : registry->list(query).items) list.push_back(one->name);
    return list;
  };
  using ::testing::ElementsAre;
  DeviceQuery query;
  query.text = "ATE";
  EXPECT_THAT(names(query), ElementsAre("gate 2", "GATE 10"));
  query.text = "TÜR";
  EXPECT_THAT(names(query), ElementsAre("Tür Nord"));
  query = {};
  query.address = "10.1";
  EXPECT_THAT(names(query), ElementsAre("Yard"));
  query = {};
  query.sort = DeviceSort::name;
  query.descending = true;
  query.offset = 1;
  query.limit = 2;
  EXPECT_THAT(names(query), ElementsAre("Tür Nord", "gate 2"));
  EXPECT_EQ(registry->list(query).total, 4U);
  query.offset = 4;
  EXPECT_TRUE(names(query).empty());
}

TEST_F(DeviceRegistryTest, PagesOfASortedListMakeUpTheWhole) {
  auto registry = open();
  for (int n = 0; n < 23; ++n) {
    Device one = device("Device " + std::to_string(n * 7 % 23));
    one.type = n % 3 == 0 ? "ipc" : "nvr";
    ASSERT_TRUE(registry->add(one));
  }
  for (const auto sort : {DeviceSort::id, DeviceSort::name, DeviceSort::type}) {
    for (const bool descending : {false, true}) {
      DeviceQuery query;
      query.sort = sort;
      query.descending = descending;
      const auto whole = registry->list(query).items;
      query.limit = 5;
      for (query.offset = 0; query.offset <= whole.size(); query.offset += query.limit) {
        const auto page = registry->list(query).items;
        ASSERT_EQ(page.size(), std::min(query.limit, whole.size() - query.offset));
        EXPECT_TRUE(
            std::equal(page.begin(), page.end(), whole.begin() + static_cast<std::ptrdiff_t>(query.offset)));
      }
      if (sort != DeviceSort::type) continue;
      // Equal ones are in order of their ids, whichever way the list goes.
      const auto split =
          std::ranges::find_if(whole, [&](const auto& d) { return d->type != whole[0]->type; });
      const auto number = [](const auto& d) { return number_of_id(d->id, 'd'); };
      EXPECT_TRUE(std::ranges::is_sorted(whole.begin(), split, {}, number));
      EXPECT_TRUE(std::ranges::is_sorted(split, whole.end(), {}, number));
      EXPECT_EQ(whole[0]->type, descending ? "nvr" : "ipc");
    }
  }
}

}  // namespace
}  // namespace watchrig::central
