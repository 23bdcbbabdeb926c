#include "simulators/app/rig.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulators/app/testing/rig_bench.hpp"

namespace watchrig::rig {
namespace {

using ::testing::HasSubstr;
using testing::LedgerUnit;
using testing::RigBench;
using testing::Viewing;

/// Every picture but the key pictures fits one packet.
constexpr const char* small = R"(main="h264 160x120@25 100kbps gop=10")";

std::string rig_of(const std::string& attributes) { return "<rig><camera " + attributes + "/></rig>"; }

std::map<std::string, LedgerUnit> by_digest(const std::vector<LedgerUnit>& ledger) {
  std::map<std::string, LedgerUnit> map;
  for (const auto& unit : ledger) map.emplace(unit.digest, unit);
  return map;
}

/// The indices of what was seen in the ledger; fails for a unit that is not in it.
std::vector<std::uint64_t> indices(const Viewing& viewing, const std::vector<LedgerUnit>& ledger) {
  const auto known = by_digest(ledger);
  std::vector<std::uint64_t> found;
  for (const auto& unit : viewing.video) {
    const auto entry = known.find(media::digest(unit->payload));
    if (entry == known.end()) {
      ADD_FAILURE() << "the camera never sent what was received";
      continue;
    }
    EXPECT_GE(entry->second.sent, 1U);
    EXPECT_EQ(entry->second.key, unit->key);
    found.push_back(entry->second.index);
  }
  return found;
}

bool consecutive(const std::vector<std::uint64_t>& list) {
  return std::adjacent_find(list.begin(), list.end(), [](auto a, auto b) { return b != a + 1; }) ==
         list.end();
}

TEST(Rig, PlayerOverTcpGetsEveryUnitThatTheLedgerHas) {
  const RigBench bench(rig_of(fmt::format(R"(id="gate" {} audio="pcmu")", small)));
  const auto viewing = bench.watch("gate", 40);
  EXPECT_EQ(viewing.error, "");
  EXPECT_GT(viewing.audio_units, 20U);
  EXPECT_TRUE(consecutive(indices(viewing, bench.ledger("gate"))));
  EXPECT_FALSE(bench.ledger("gate", "?stream=main&track=audio").empty());
}

TEST(Rig, PlayerOverUdpWithDigestGetsEveryUnit) {
  const RigBench bench(rig_of(fmt::format(R"(id="gate" {} username="admin" password="secret")", small)));
  media::RtspClient::Options options;
  options.transport = media::RtspClient::Transport::udp;
  EXPECT_THAT(bench.watch("gate", 1, options).error, HasSubstr("401"));
  options.credentials = {"admin", "secret"};
  const auto viewing = bench.watch("gate", 30, options);
  EXPECT_EQ(viewing.error, "");
  EXPECT_TRUE(consecutive(indices(viewing, bench.ledger("gate"))));
}

TEST(Rig, CamerasWithOneProfileSendTheSameUnits) {
  const RigBench bench(rig_of(fmt::format(R"(id="cam" count="3" {})", small)));
  const auto viewing = bench.watch("cam-3", 5);
  const auto others = by_digest(bench.ledger("cam-1"));
  for (const auto& unit : viewing.video) {
    const auto entry = others.find(media::digest(unit->payload));
    ASSERT_NE(entry, others.end());
    EXPECT_EQ(entry->second.sent, 0U) << "cam-1 has no reader";
  }
  EXPECT_EQ(indices(viewing, bench.ledger("cam-3")).size(), 5U);
}

TEST(Rig, SameSeedLosesTheSamePackets) {
  std::map<std::uint64_t, std::uint64_t> harmed[2];
  for (auto& run : harmed) {
    const RigBench bench(rig_of(fmt::format(R"(id="gate" {})", small)), 42);
    bench.inject("gate", R"({"verb":"lose","rate":0.2})");
    media::RtspClient::Options options;
    options.transport = media::RtspClient::Transport::udp;
    options.damage = media::DamagePolicy::deliver_damaged;
    bench.watch("gate", 60, options);
    const auto ledger = bench.ledger("gate");
    const auto first =
        std::find_if(ledger.begin(), ledger.end(), [](const auto& unit) { return unit.sent > 0; });
    const auto last =
        std::find_if(ledger.rbegin(), ledger.rend(), [](const auto& unit) { return unit.sent > 0; });
    for (auto unit = first; unit < last.base(); ++unit) {
      if (!unit->key) run.emplace(unit->index, unit->harmed);
    }
  }
  std::size_t lost = 0;
  std::size_t common = 0;
  for (const auto& [index, packets] : harmed[0]) {
    const auto other = harmed[1].find(index);
    if (other == harmed[1].end()) continue;
    EXPECT_EQ(packets, other->second) << "unit " << index;
    ++common;
    lost += packets;
  }
  EXPECT_GT(common, 20U);
  EXPECT_GT(lost, 2U);
}

TEST(Rig, BurstGoesOnWithoutAGapInUnitsOrPackets) {
  const RigBench bench(rig_of(fmt::format(R"(id="gate" {})", small)));
  std::thread fault([&] { bench.inject_when_watched("gate", R"({"verb":"burst","factor":8,"for":"2s"})"); });
  const auto viewing = bench.watch("gate", 150);
  fault.join();
  EXPECT_EQ(viewing.error, "");
  EXPECT_EQ(viewing.lost, 0U);
  EXPECT_TRUE(consecutive(indices(viewing, bench.ledger("gate"))));
  const auto bytes = [&](std::size_t begin) {
    std::size_t sum = 0;
    for (std::size_t i = begin; i < begin + 25; ++i) sum += viewing.video[i]->payload.size();
    return sum;
  };
  std::size_t most = 0;
  for (std::size_t i = 0; i < 125; ++i) most = std::max(most, bytes(i));
  EXPECT_GT(most, 3 * bytes(125)) << "the last second has the bitrate of the profile again";
}

TEST(Rig, StallWithholdsExactlyWhatWasCapturedMeanwhile) {
  const RigBench bench(rig_of(fmt::format(R"(id="gate" {})", small)));
  std::thread fault(
      [&] { bench.inject_when_watched("gate", R"({"verb":"stall","stream":"main","for":"1s"})"); });
  media::RtspClient::Options options;
  options.damage = media::DamagePolicy::deliver_damaged;
  const auto viewing = bench.watch("gate", 60, options);
  fault.join();
  EXPECT_EQ(viewing.error, "");
  const auto happened = bench.control().json("GET", "/devices/gate/faults")->at("happened").as_array();
  ASSERT_EQ(happened.size(), 2U);
  const auto begin = *base::parse_utc(std::string(happened[0].at("time").as_string()));
  const auto end = *base::parse_utc(std::string(happened[1].at("time").as_string()));
  EXPECT_EQ(end - begin, std::chrono::seconds(1));
  const auto found = indices(viewing, bench.ledger("gate"));
  std::size_t withheld = 0;
  for (const auto& unit : bench.ledger("gate")) {
    if (unit.index < found.front() || unit.index > found.back()) continue;
    const bool meanwhile = unit.time >= begin && unit.time < end;
    EXPECT_EQ(unit.sent, meanwhile ? 0U : 1U) << "unit " << unit.index;
    withheld += meanwhile;
  }
  EXPECT_EQ(withheld, 25U);
}

TEST(Rig, PowerCutResetsRefusesAndReturnsOnTheSamePort) {
  const RigBench bench(rig_of(fmt::format(R"(id="gate" {})", small)));
  std::thread fault([&] { bench.inject_when_watched("gate", R"({"verb":"power-cut"})"); });
  const auto cut = bench.watch("gate", 1000);
  fault.join();
  EXPECT_LT(cut.video.size(), 1000U);
  EXPECT_NE(cut.error, "");
  EXPECT_THAT(bench.watch("gate", 1).error, HasSubstr("refused"));
  bench.withdraw_all("gate");
  const auto after = bench.watch("gate", 5);
  EXPECT_EQ(after.error, "");
  const auto ledger = bench.ledger("gate");
  EXPECT_TRUE(consecutive([&] {
    std::vector<std::uint64_t> all;
    for (const auto& unit : ledger) all.push_back(unit.index);
    return all;
  }()))
      << "frames of the cut are in the ledger too";
}

TEST(Rig, LiesAreSeenByThePlayer) {
  const RigBench bench(rig_of(fmt::format(R"(id="gate" {})", small)));
  for (const auto& what : {"bad-sdp", "unsupported-codec"}) {
    bench.inject("gate", fmt::format(R"({{"verb":"lie","what":"{}"}})", what));
    EXPECT_NE(bench.watch("gate", 1).error, "") << what;
    bench.withdraw_all("gate");
  }
  bench.inject("gate", R"({"verb":"lie","what":"no-key-frames"})");
  media::RtspClient::Options options;
  options.key_frame_timeout = std::chrono::seconds(1);
  const auto since = bench.clock().now();
  bench.watch("gate", 30, options);
  std::size_t sent = 0;
  for (const auto& unit : bench.ledger("gate")) {
    if (unit.time < since) continue;
    EXPECT_FALSE(unit.key && unit.sent > 0) << "unit " << unit.index;
    sent += unit.sent;
  }
  EXPECT_GT(sent, 0U);
}

TEST(Rig, FaultsAreListedWhileTheyAreInForce) {
  const RigBench bench(rig_of(fmt::format(R"(id="gate" {})", small)));
  const auto id = bench.inject("gate", R"({"verb":"clock-jump","by":"-1h"})");
  EXPECT_EQ(bench.status("gate").at("faults").as_array().at(0).at("id").as_string(), id);
  EXPECT_TRUE(bench.control().json("DELETE", "/devices/gate/faults/" + id));
  EXPECT_FALSE(bench.control().json("DELETE", "/devices/gate/faults/" + id));
  EXPECT_TRUE(bench.status("gate").at("faults").as_array().empty());
}

TEST(Rig, TakenPortIsAnErrorThatNamesTheCamera) {
  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  const tcp::acceptor taken(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  Options options;
  options.file = testing::write_rig(
      rig_of(fmt::format(R"(id="gate" port="{}" {})", taken.local_endpoint().port(), small)));
  options.clock = *base::Clock::parse("");
  const auto rig = Rig::start(options);
  ASSERT_FALSE(rig);
  EXPECT_EQ(rig.error().kind, base::ErrorKind::unavailable);
  EXPECT_THAT(rig.error().message, HasSubstr("camera \"gate\""));
  EXPECT_EQ(run(options), 3);
  std::filesystem::remove(options.file);
  EXPECT_EQ(run(options), 2);
}

}  // namespace
}  // namespace watchrig::rig
