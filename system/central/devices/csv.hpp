#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::central {

using CsvRow = std::vector<std::string>;

struct CsvLimits {
  std::size_t rows = 10'001;  ///< with the header
  std::size_t columns = 64;
  std::size_t field_bytes = 4096;
};

/// Reads a table (RFC 4180) as spreadsheets write it: with a byte order mark or without, lines that end in
/// CRLF, LF or CR, commas, semicolons or tabs between fields (what the first line has most of, or what a
/// first line `sep=;` says). Empty lines are left out. Fields keep their spaces. Error: invalid (with the
/// number of the line, or because the text is no UTF-8).
base::Result<std::vector<CsvRow>> parse_csv(std::string_view text, const CsvLimits& limits = {});

/// One line with CRLF, fields quoted where they must be.
std::string csv_line(const CsvRow& row);

/// The byte order mark by which spreadsheets know UTF-8.
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// What begins with = + - @, a tab or a carriage return is a formula to a spreadsheet; an apostrophe in front
/// makes it a text. `unguarded` takes away what `guarded` has put there.
std::string guarded(std::string_view field);
std::string unguarded(std::string_view field);

/// A table that spreadsheets open: UTF-8 by its mark, and no field a formula.
class CsvTable {
 public:
  explicit CsvTable(const CsvRow& titles) : text_(byte_order_mark) { add(titles); }
  void add(CsvRow row);
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace watchrig::central
