#include "system/media/unit_assembly.hpp"

#include <algorithm>

namespace watchrig::media {

void UnitAssembly::begin(std::uint32_t timestamp, base::UtcTime received) {
  open_ = true;
  full_ = false;
  unit_.payload.clear();
  unit_.payload.reserve(usual_bytes_);
  unit_.timestamp = timestamp;
  unit_.first_received = unit_.received = received;
  unit_.key = unit_.damaged = unit_.parameter_sets = false;
}

void UnitAssembly::end() {
  open_ = false;
  std::size_t& usual = unit_.key ? usual_key_bytes_ : usual_bytes_;
  usual = std::max(unit_.payload.size(), usual - usual / 8);
  sink_.on_unit(unit_);
}

void UnitAssembly::append(base::ByteView head, base::ByteView body) {
  if (full_ || unit_.payload.size() + head.size() + body.size() > max_bytes_) {
    full_ = unit_.damaged = true;
    return;
  }
  unit_.payload.insert(unit_.payload.end(), head.begin(), head.end());
  unit_.payload.insert(unit_.payload.end(), body.begin(), body.end());
}

void UnitAssembly::expect_key() { unit_.payload.reserve(usual_key_bytes_); }

}  // namespace watchrig::media
