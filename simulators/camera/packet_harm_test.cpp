#include "simulators/camera/packet_harm.hpp"

#include <algorithm>
#include <set>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulators/camera/camera_faults.hpp"
#include "simulators/camera/testing/sample_trains.hpp"
#include "system/media/rtcp.hpp"

namespace watchrig::camera {
namespace {

using kernel::Fault;
using kernel::Verb;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Sequence = std::uint16_t;

/// One camera with one stream whose sessions send into vectors.
struct Bench {
  explicit Bench(std::uint64_t seed = 7, const std::string& camera = "gate")
      : book(std::make_shared<UnitBook>()),
        ledger(std::make_shared<Ledger>(book, testing::sample_grid())),
        board(std::make_shared<kernel::FaultBoard>(clock)),
        context(std::make_shared<HarmContext>(seed, camera, "main", board, clock)) {}

  Fault begin(Verb verb, double rate) {
    Fault fault;
    fault.verb = verb;
    fault.rate = rate;
    return begin(fault);
  }
  Fault begin(Fault fault) { return *board->begin(std::move(fault)); }

  std::unique_ptr<PacketHarm> session() {
    return std::make_unique<PacketHarm>(context, std::vector{ledger, ledger}, io.get_executor());
  }

  void send(PacketHarm& session, std::uint64_t unit, std::size_t packets) {
    book->append({unit, testing::captured_at(unit), 0, 0, false, {}});
    const auto train = testing::sample_train(unit, packets);
    for (const auto packet : testing::packets_of(train)) session.on_packet(train, packet, sink());
    ledger->handed(unit);
  }
  media::PacketFilter::Send sink() {
    return [this](base::ByteView packet) {
      sent.push_back(base::load_be16(packet.data() + 2));
      bytes.emplace_back(packet.begin(), packet.end());
    };
  }
  std::vector<Ledger::Entry> entries() const {
    return ledger->entries(base::UtcTime::min(), base::UtcTime::max());
  }

  base::ManualClock clock{testing::captured_at(0)};
  boost::asio::io_context io;
  std::shared_ptr<UnitBook> book;
  std::shared_ptr<Ledger> ledger;
  std::shared_ptr<kernel::FaultBoard> board;
  std::shared_ptr<HarmContext> context;
  std::vector<Sequence> sent;
  std::vector<base::Bytes> bytes;
};

std::vector<Sequence> lossy_run(std::uint64_t seed, const std::string& camera, std::uint64_t first_unit = 0) {
  Bench bench(seed, camera);
  bench.begin(Verb::lose, 0.1);
  const auto session = bench.session();
  for (std::uint64_t unit = first_unit; unit < 100; ++unit) bench.send(*session, unit, 20);
  return bench.sent;
}

TEST(PacketHarm, SameSeedLosesTheSamePackets) {
  EXPECT_EQ(lossy_run(7, "gate"), lossy_run(7, "gate"));
  EXPECT_NE(lossy_run(7, "gate"), lossy_run(8, "gate"));
  EXPECT_NE(lossy_run(7, "gate"), lossy_run(7, "yard"));
}

TEST(PacketHarm, LossDoesNotDependOnWhenTheSessionBegan) {
  const auto whole = lossy_run(7, "gate");
  const auto late = lossy_run(7, "gate", 60);
  ASSERT_FALSE(late.empty());
  EXPECT_TRUE(std::equal(late.begin(), late.end(), whole.end() - static_cast<std::ptrdiff_t>(late.size())));
}

TEST(PacketHarm, AllSessionsLoseTheSamePackets) {
  Bench bench;
  bench.begin(Verb::lose, 0.3);
  const auto first = bench.session();
  const auto second = bench.session();
  for (std::uint64_t unit = 0; unit < 20; ++unit) bench.send(*first, unit, 20);
  const auto by_first = std::exchange(bench.sent, {});
  for (std::uint64_t unit = 0; unit < 20; ++unit) bench.send(*second, unit, 20);
  EXPECT_EQ(bench.sent, by_first);
}

TEST(PacketHarm, LedgerTellsDamagedUnitsFromWholeOnes) {
  Bench bench;
  bench.begin(Verb::lose, 0.05);
  const auto session = bench.session();
  for (std::uint64_t unit = 0; unit < 50; ++unit) bench.send(*session, unit, 10);
  const std::set<Sequence> arrived(bench.sent.begin(), bench.sent.end());
  for (const auto& entry : bench.entries()) {
    unsigned lost = 0;
    for (unsigned i = 0; i < 10; ++i)
      lost += !arrived.contains(static_cast<Sequence>(entry.unit.index * 100 + i));
    EXPECT_EQ(entry.harmed, lost);
    EXPECT_EQ(entry.sent, lost == 0 ? 1U : 0U) << "unit " << entry.unit.index;
  }
  EXPECT_EQ(bench.context->counts.lost, 500 - bench.sent.size());
}

TEST(PacketHarm, FaultMeetsWhatWasCapturedWhileItLasted) {
  Bench bench;
  bench.clock.advance(seconds(1));
  const auto fault = bench.begin(Verb::lose, 1.0);
  bench.clock.advance(seconds(1));
  bench.board->end(fault.id);
  const auto session = bench.session();
  EXPECT_FALSE(session->idle()) << "units captured during the fault may still be on their way";
  for (const std::uint64_t unit : {24U, 25U, 49U, 50U}) bench.send(*session, unit, 1);
  EXPECT_THAT(bench.sent, ::testing::ElementsAre(2400, 5000));
  bench.clock.advance(kernel::FaultBoard::afterlife + seconds(1));
  EXPECT_TRUE(session->idle());
}

TEST(PacketHarm, CorruptionFlipsOneBitBehindTheHeader) {
  Bench bench;
  bench.begin(Verb::corrupt, 1.0);
  const auto session = bench.session();
  bench.send(*session, 3, 1);
  const auto train = testing::sample_train(3, 1);
  const auto original = testing::packets_of(train).front();
  int flipped = 0;
  for (std::size_t i = 0; i < original.size(); ++i) {
    const int bits = __builtin_popcount(original[i] ^ bench.bytes.at(0)[i]);
    EXPECT_TRUE(i >= 12 || bits == 0);
    flipped += bits;
  }
  EXPECT_EQ(flipped, 1);
  EXPECT_EQ(bench.entries().at(0).harmed, 1U);
}

TEST(PacketHarm, ReorderingLosesNothingAndKeepsItsDepth) {
  Bench bench;
  Fault fault;
  fault.verb = Verb::reorder;
  fault.rate = 0.2;
  fault.depth = 4;
  bench.begin(fault);
  const auto session = bench.session();
  for (std::uint64_t unit = 0; unit < 10; ++unit) bench.send(*session, unit, 100);
  bench.board->end("f1");
  for (std::uint64_t unit = 300; !session->idle() && unit < 320; ++unit) {
    bench.clock.advance(seconds(1));
    bench.send(*session, unit, 1);
  }
  EXPECT_FALSE(std::is_sorted(bench.sent.begin(), bench.sent.end()));
  EXPECT_EQ(std::set<Sequence>(bench.sent.begin(), bench.sent.end()).size(), bench.sent.size());
  for (std::size_t place = 0; place < 1000; ++place) {
    const auto found = std::find(bench.sent.begin(), bench.sent.end(), static_cast<Sequence>(place));
    ASSERT_NE(found, bench.sent.end());
    EXPECT_LE(std::abs(found - bench.sent.begin() - static_cast<std::ptrdiff_t>(place)), 8);
  }
  for (const auto& entry : bench.entries()) EXPECT_EQ(entry.harmed, 0U);
}

TEST(PacketHarm, DuplicatesComeTwice) {
  Bench bench;
  bench.begin(Verb::duplicate, 1.0);
  const auto session = bench.session();
  bench.send(*session, 1, 2);
  EXPECT_THAT(bench.sent, ::testing::ElementsAre(100, 100, 101, 101));
}

TEST(PacketHarm, DelayedPacketsLeaveInTimeAndInOrder) {
  Bench bench;
  Fault fault;
  fault.verb = Verb::delay;
  fault.by = milliseconds(200);
  bench.begin(fault);
  const auto session = bench.session();
  bench.send(*session, 0, 2);
  bench.io.poll();
  EXPECT_TRUE(bench.sent.empty());
  bench.clock.advance(milliseconds(199));
  bench.io.restart();
  bench.io.poll();
  EXPECT_TRUE(bench.sent.empty());
  bench.board->end("f1");
  bench.send(*session, 10, 1);
  EXPECT_TRUE(bench.sent.empty()) << "nothing overtakes what is on the wire";
  bench.clock.advance(milliseconds(1));
  bench.io.restart();
  bench.io.poll();
  EXPECT_THAT(bench.sent, ::testing::ElementsAre(0, 1, 1000));
}

TEST(PacketHarm, PacketsOnTheWireAreLostWithTheSession) {
  Bench bench;
  Fault fault;
  fault.verb = Verb::delay;
  fault.by = seconds(2);
  bench.begin(fault);
  auto session = bench.session();
  bench.send(*session, 0, 3);
  session.reset();
  bench.clock.advance(seconds(5));
  bench.io.poll();
  EXPECT_TRUE(bench.sent.empty());
  EXPECT_EQ(bench.entries().at(0).sent, 0U);
  EXPECT_EQ(bench.entries().at(0).harmed, 3U);
}

TEST(PacketHarm, StrangerSpeaksWithAnotherSsrc) {
  Bench bench;
  Fault fault;
  fault.verb = Verb::lie;
  fault.what = lies::stranger_rtp;
  bench.begin(fault);
  const auto session = bench.session();
  bench.send(*session, 1, 2);
  ASSERT_EQ(bench.bytes.size(), 3U);
  EXPECT_NE(base::load_be32(bench.bytes[0].data() + 8), 0x1234U);
  EXPECT_EQ(base::load_be32(bench.bytes[1].data() + 8), 0x1234U);
}

TEST(PacketHarm, OtherStreamsFaultsLeaveItIdle) {
  Bench bench;
  Fault fault;
  fault.verb = Verb::lose;
  fault.rate = 1;
  fault.stream = "sub";
  bench.begin(fault);
  EXPECT_TRUE(bench.session()->idle());
}

TEST(PacketHarm, WrongClockShowsInSenderReports) {
  Bench bench;
  Fault jump;
  jump.verb = Verb::clock_jump;
  jump.by = -seconds(3600);
  bench.begin(jump);
  bench.begin(Verb::clock_drift, 1000);
  bench.clock.advance(seconds(10));
  const auto session = bench.session();
  media::SenderReport report;
  report.ntp = media::to_ntp(bench.clock.now());
  ASSERT_TRUE(session->on_sender_report(0, report));
  const auto told = *media::from_ntp(report.ntp) - bench.clock.now();
  EXPECT_NEAR(std::chrono::duration<double>(told).count(), -3600 + 0.010, 1e-6);
  Fault lie;
  lie.verb = Verb::lie;
  lie.what = lies::no_rtcp;
  bench.begin(lie);
  EXPECT_FALSE(session->on_sender_report(0, report));
}

TEST(PacketHarm, TheCamerasOwnClockShowsInSenderReports) {
  Bench bench;
  const auto own_clock = std::make_shared<CameraClock>();
  PacketHarm session(bench.context, {bench.ledger}, bench.io.get_executor(), own_clock);
  own_clock->set_ahead(seconds(3600));
  media::SenderReport report;
  report.ntp = media::to_ntp(bench.clock.now());
  ASSERT_TRUE(session.on_sender_report(0, report));
  const auto told = *media::from_ntp(report.ntp) - bench.clock.now();
  EXPECT_NEAR(std::chrono::duration<double>(told).count(), 3600, 1e-6);
}

}  // namespace
}  // namespace watchrig::camera
