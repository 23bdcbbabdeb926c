#include <cstdlib>

#include "system/storage/chunk_format.hpp"
#include "system/storage/crc32c.hpp"
#include "system/storage/segment_scan.hpp"

namespace watchrig::storage {
namespace {

class InputFile final : public SegmentFile {
 public:
  explicit InputFile(base::ByteView bytes) : bytes_(bytes) {}
  base::Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto part =
        bytes_.subspan(offset).first(std::min<std::size_t>(into.size(), bytes_.size() - offset));
    std::copy(part.begin(), part.end(), into.begin());
    return part.size();
  }
  base::Result<> write(std::uint64_t, std::span<iovec>) override { return {}; }
  base::Result<> sync() override { return {}; }
  base::Result<std::uint64_t> size() override { return bytes_.size(); }
  base::Result<> give_back(std::uint64_t, std::uint64_t) override { return {}; }

 private:
  base::ByteView bytes_;
};

void require(bool condition) {
  if (!condition) std::abort();
}

/// What was accepted must survive being written and read again, and its units must fit its payload.
void check_head(const ChunkHead& head) {
  std::uint64_t sum = 0;
  for (const UnitEntry& unit : head.units) {
    require(unit.track < head.tracks.size());
    sum += unit.size;
    static_cast<void>(head.time(unit));
  }
  require(sum == head.payload_bytes);
  const auto again = parse_chunk_head(write_chunk_head(head));
  require(again.has_value() && again->units.size() == head.units.size() && again->channel == head.channel);
  static_cast<void>(count_frames(head));
  static_cast<void>(first_key(head));
}

/// Gives the head that begins here the CRC that it needs, so that mutations reach what is behind that check.
void repair_crc(base::Bytes& bytes) {
  const auto sizes = peek_chunk(bytes);
  if (!sizes || sizes->head_bytes > bytes.size()) return;
  base::store_be32(bytes.data() + 8, Crc32c::of(base::ByteView(bytes).first(sizes->head_bytes).subspan(12)));
}

}  // namespace
}  // namespace watchrig::storage

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace watchrig::storage;
  watchrig::base::Bytes bytes(data, data + size);
  static_cast<void>(parse_segment_header(bytes));
  if (const auto head = parse_chunk_head(bytes)) check_head(*head);
  repair_crc(bytes);
  if (const auto head = parse_chunk_head(bytes)) check_head(*head);
  InputFile file(bytes);
  const auto scan = scan_segment(file, 0, std::nullopt, [](std::uint64_t, const ChunkHead& head) {
    check_head(head);
    return watchrig::base::Result<>();
  });
  require(scan.has_value() && scan->end <= round_up(size, chunk_alignment));
  return 0;
}
