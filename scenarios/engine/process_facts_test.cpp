#include <unistd.h>

#include <gmock/gmock.h>

#include "scenarios/engine/packet_capture.hpp"
#include "scenarios/engine/process_ports.hpp"
#include "scenarios/engine/process_sampler.hpp"

namespace watchrig::scenarios {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ProcessUsage, ReadsStatWhateverTheProgramIsCalled) {
  const auto usage = parse_process_stat(
      "12 (a) b (c) S 1 12 12 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 100 1000000 256 1844 1 1 0 0 0 0",
      100, 4096);
  ASSERT_TRUE(usage);
  EXPECT_DOUBLE_EQ(usage->cpu_seconds, 2.0);
  EXPECT_DOUBLE_EQ(usage->memory_bytes, 256 * 4096);
  for (const auto* bad :
       {"", "12 (x", "12 (x)", "12 (x) S 1 2 3", "12 (x) S a b c d e f g h i j k l m n o p q r s t u"}) {
    EXPECT_FALSE(parse_process_stat(bad, 100, 4096)) << bad;
  }
  EXPECT_GT(usage_of(::getpid())->memory_bytes, 0);
  EXPECT_FALSE(usage_of(0));
}

constexpr std::string_view table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 "
    "0 0 10 0\n"
    "   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 222 1 0 20 4 "
    "30 10 -1\n"
    "   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 "
    "0 0 10 0\n"
    "garbage\n";

TEST(ProcessPorts, AreThoseOfItsOwnSockets) {
  EXPECT_THAT(parse_socket_table(table, {111, 222}, true), ElementsAre(0x1f90));
  EXPECT_THAT(parse_socket_table(table, {111, 222}, false), ElementsAre(0x1f90, 0x1f91));
  EXPECT_THAT(parse_socket_table(table, {}, false), IsEmpty());
  EXPECT_THAT(parse_socket_table("", {1}, false), IsEmpty());
}

TEST(PacketCapture, FiltersByPorts) {
  EXPECT_EQ(capture_filter({{80, 554}, {5000}}), "tcp port 80 or tcp port 554 or udp port 5000");
  EXPECT_EQ(capture_filter({}), "");
}

}  // namespace
}  // namespace watchrig::scenarios
