#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/central/devices/csv.hpp"

// A table that was understood can be written and understood again, with the same fields.

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace watchrig::central;
  const auto rows = parse_csv({reinterpret_cast<const char*>(data), size});
  if (!rows) return 0;
  std::string text(byte_order_mark);
  for (const auto& row : *rows) {
    CsvRow safe;
    for (const auto& field : row) {
      safe.push_back(guarded(field));
      require(unguarded(safe.back()) == field);
    }
    text += csv_line(safe);
  }
  // The first line decides on the separator; one that names it is Excel's own, no row.
  if (!rows->empty() && (rows->front().size() < 2 || rows->front()[0].starts_with("sep="))) return 0;
  const auto again = parse_csv(text, {CsvLimits{}.rows, CsvLimits{}.columns, CsvLimits{}.field_bytes + 2});
  require(again.has_value() && again->size() == rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i) {
    require((*again)[i].size() == (*rows)[i].size());
    for (std::size_t j = 0; j < (*rows)[i].size(); ++j) require(unguarded((*again)[i][j]) == (*rows)[i][j]);
  }
  return 0;
}
