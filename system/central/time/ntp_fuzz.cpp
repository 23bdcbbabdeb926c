#include <cstdint>
#include <cstdlib>

#include "system/central/time/ntp_packet.hpp"

// Whatever a server answers, an offset that is believed is next to the clock by an era at most, and no delay
// is less than nothing.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace watchrig::central;
  const auto packet = NtpPacket::parse({data, size});
  if (!packet) return 0;
  const watchrig::base::UtcTime sent(std::chrono::seconds(1'800'000'000));
  const auto sample = judge_ntp(*packet, sent, sent + std::chrono::milliseconds(20));
  if (!sample) return 0;
  constexpr auto era = std::chrono::seconds(std::int64_t{1} << 32U);
  if (std::chrono::abs(sample->offset) > era || sample->delay < watchrig::base::Duration{}) std::abort();
  return 0;
}
