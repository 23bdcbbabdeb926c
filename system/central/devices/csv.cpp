#include "system/central/devices/csv.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/utf8.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

bool ends_line(char c) { return c == '\n' || c == '\r'; }

bool is_formula(std::string_view field) {
  return !field.empty() && std::string_view("=+-@\t\r").find(field.front()) != std::string_view::npos;
}

/// What looks guarded already is guarded once more, so that each comes back as it was.
std::string_view behind_apostrophes(std::string_view field) {
  return field.substr(std::min(field.find_first_not_of('\''), field.size()));
}

/// Of the first line, outside of quotes.
char separator_of(std::string_view text) {
  std::size_t counts[3] = {0, 0, 0};
  constexpr std::string_view candidates = ",;\t";
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (ends_line(c)) break;
    if (const auto at = candidates.find(c); at != std::string_view::npos) ++counts[at];
  }
  return candidates[static_cast<std::size_t>(std::max_element(std::begin(counts), std::end(counts)) -
                                             counts)];
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const CsvLimits& limits) : text_(text), limits_(limits) {
    if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
    // Excel's own way to name the separator.
    if (text_.starts_with("sep=") && text_.size() > 4 && (text_.size() == 5 || ends_line(text_[5]))) {
      separator_ = text_[4];
      text_.remove_prefix(5);
    } else {
      separator_ = separator_of(text_);
    }
  }

  Result<std::vector<CsvRow>> read() {
    std::vector<CsvRow> rows;
    while (!text_.empty()) {
      CsvRow row;
      if (auto done = read_row(row); !done) return done.error();
      ++line_;
      if (row.size() == 1 && row[0].empty()) continue;
      if (rows.size() == limits_.rows)
        return refuse(fmt::format("there are more than {} lines", limits_.rows));
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  Error refuse(std::string_view why) const {
    return {ErrorKind::invalid, fmt::format("line {}: {}", line_, why)};
  }

  Result<> read_row(CsvRow& row) {
    for (;;) {
      if (row.size() == limits_.columns)
        return refuse(fmt::format("it has more than {} columns", limits_.columns));
      row.emplace_back();
      auto read = text_.starts_with('"') ? read_quoted(row.back()) : read_plain(row.back());
      if (!read) return read;
      if (row.back().size() > limits_.field_bytes)
        return refuse(fmt::format("a field is longer than {} bytes", limits_.field_bytes));
      if (text_.empty()) return {};
      const char end = text_.front();
      text_.remove_prefix(end == '\r' && text_.size() > 1 && text_[1] == '\n' ? 2 : 1);
      if (ends_line(end)) return {};
    }
  }

  Result<> read_plain(std::string& field) {
    const auto end = std::min(text_.find_first_of(std::string{separator_, '\n', '\r'}), text_.size());
    field = text_.substr(0, end);
    text_.remove_prefix(end);
    return {};
  }

  Result<> read_quoted(std::string& field) {
    text_.remove_prefix(1);
    for (;;) {
      const auto quote = text_.find('"');
      if (quote == std::string_view::npos) return refuse("a quotation mark is not closed");
      field += text_.substr(0, quote);
      line_ += static_cast<std::size_t>(
          std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
      text_.remove_prefix(quote + 1);
      if (!text_.starts_with('"')) break;
      field += '"';
      text_.remove_prefix(1);
    }
    if (text_.empty() || text_.front() == separator_ || ends_line(text_.front())) return {};
    return refuse("text stands behind a closing quotation mark");
  }

  std::string_view text_;
  const CsvLimits limits_;
  char separator_ = ',';
  std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRow>> parse_csv(std::string_view text, const CsvLimits& limits) {
  if (!base::is_utf8(text))
    return Error{ErrorKind::invalid, "the table is not in UTF-8: store it as \"CSV UTF-8\""};
  return CsvReader(text, limits).read();
}

std::string csv_line(const CsvRow& row) {
  std::string line;
  for (bool first = true; const auto& field : row) {
    if (!first) line += ',';
    first = false;
    // A semicolon or tab would be taken for the separator where there is no comma.
    if (field.find_first_of("\",;\t\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) line += c == '"' ? "\"\"" : std::string(1, c);
    line += '"';
  }
  return line + "\r\n";
}

std::string guarded(std::string_view field) {
  return (is_formula(behind_apostrophes(field)) ? "'" : "") + std::string(field);
}

void CsvTable::add(CsvRow row) {
  for (auto& field : row) field = guarded(field);
  text_ += csv_line(row);
}

std::string unguarded(std::string_view field) {
  const bool was_guarded = field.starts_with('\'') && is_formula(behind_apostrophes(field));
  return std::string(was_guarded ? field.substr(1) : field);
}

}  // namespace watchrig::central
