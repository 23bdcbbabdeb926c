#include "simulators/camera/ledger.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

void count(std::uint16_t& counter, std::uint32_t more) {
  counter = static_cast<std::uint16_t>(std::min<std::uint32_t>(UINT16_MAX, counter + more));
}

}  // namespace

Ledger::Ledger(std::shared_ptr<const UnitBook> book, UnitGrid grid) : book_(std::move(book)), grid_(grid) {}

void Ledger::replace(const UnitRecord& record) {
  const std::lock_guard lock(mutex_);
  replaced_.insert_or_assign(record.index, record);
  if (replaced_.size() > max_units) replaced_.erase(replaced_.begin());
}

void Ledger::handed(std::uint64_t index) {
  const std::lock_guard lock(mutex_);
  if (Marks* marks = marks_at(index)) count(marks->handed, 1);
}

void Ledger::broken(std::uint64_t index) {
  const std::lock_guard lock(mutex_);
  if (Marks* marks = marks_at(index)) count(marks->broken, 1);
}

void Ledger::harmed(std::uint64_t index, std::uint32_t packets) {
  const std::lock_guard lock(mutex_);
  if (Marks* marks = marks_at(index)) count(marks->harmed, packets);
}

Ledger::Marks* Ledger::marks_at(std::uint64_t index) {
  if (index < first_) return nullptr;
  if (marks_.empty() || index - first_ >= marks_.size() + max_units) {
    marks_.clear();
    first_ = index;
  }
  marks_.resize(std::max<std::size_t>(marks_.size(), index - first_ + 1));
  while (marks_.size() > max_units) {
    marks_.pop_front();
    ++first_;
  }
  return &marks_[index - first_];
}

std::vector<Ledger::Entry> Ledger::entries(base::UtcTime from, base::UtcTime to) const {
  const auto records = book_->range(from, to);
  std::vector<Entry> entries;
  entries.reserve(records.size());
  const std::lock_guard lock(mutex_);
  for (const UnitRecord& record : records) {
    Entry entry{record, 0, 0};
    if (const auto own = replaced_.find(record.index); own != replaced_.end()) entry.unit = own->second;
    if (record.index >= first_ && record.index - first_ < marks_.size()) {
      const Marks& marks = marks_[record.index - first_];
      entry.sent = static_cast<std::uint32_t>(marks.handed - std::min(marks.handed, marks.broken));
      entry.harmed = marks.harmed;
    }
    entries.push_back(entry);
  }
  return entries;
}

std::string to_json(const std::vector<Ledger::Entry>& entries) {
  std::string text = "[";
  text.reserve(entries.size() * 200 + 2);
  for (const Ledger::Entry& entry : entries) {
    const UnitRecord& unit = entry.unit;
    fmt::format_to(
        std::back_inserter(text),
        R"({}{{"index":{},"time":"{}","rtp":{},"size":{},"key":{},"digest":"{}","sent":{},"harmed":{}}})",
        text.size() == 1 ? "" : ",", unit.index, base::format_utc(unit.time, 9), unit.rtp_timestamp,
        unit.size, unit.key, base::to_hex(unit.digest.data(), unit.digest.size()), entry.sent, entry.harmed);
  }
  return text += "]";
}

}  // namespace watchrig::camera
