#include "conformance/requirements/catalogue.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::embedded {
extern const std::string_view platform_tsv;
extern const std::string_view ivss_tsv;
extern const std::string_view micro_tsv;
extern const std::string_view h626_tsv;
}  // namespace watchrig::embedded

namespace watchrig::requirements {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

struct Column {
  std::string_view name;
  std::string Requirement::*field;
  bool required;
};
constexpr std::array columns{
    Column{"id", &Requirement::id, true},           Column{"clause", &Requirement::clause, true},
    Column{"area", &Requirement::area, true},       Column{"level", &Requirement::level, true},
    Column{"title", &Requirement::title, true},     Column{"verify", &Requirement::verify, false},
    Column{"reading", &Requirement::reading, false}};

constexpr std::string_view levels[] = {"must", "should", "may", "required", "recommended", "optional"};

/// Which column each field of a line belongs to.
Result<std::vector<const Column*>> parse_header(std::string_view document, std::string_view line) {
  std::vector<const Column*> order;
  for (const std::string_view name : base::split(line, '\t')) {
    const auto column = std::ranges::find(columns, name, &Column::name);
    if (column == columns.end()) {
      return Error{ErrorKind::invalid, fmt::format("{}: unknown column \"{}\"", document, name)};
    }
    if (std::ranges::find(order, &*column) != order.end()) {
      return Error{ErrorKind::invalid, fmt::format("{}: column \"{}\" is there twice", document, name)};
    }
    order.push_back(&*column);
  }
  for (const Column& column : columns) {
    if (column.required && std::ranges::find(order, &column) == order.end()) {
      return Error{ErrorKind::invalid, fmt::format("{}: column \"{}\" is missing", document, column.name)};
    }
  }
  return order;
}

/// What is wrong with a row taken alone, or nothing.
std::optional<std::string> find_fault(const Requirement& row) {
  for (const Column& column : columns) {
    if (column.required && (row.*column.field).empty()) return fmt::format("{} is empty", column.name);
  }
  if (std::ranges::find(levels, row.level) == std::end(levels)) {
    return fmt::format("level \"{}\" is none of {}", row.level, fmt::join(levels, ", "));
  }
  return std::nullopt;
}

/// Distinct values of a field in order of appearance.
std::vector<std::string> distinct(const std::vector<const Requirement*>& rows,
                                  std::string Requirement::*field) {
  std::vector<std::string> values;
  for (const Requirement* row : rows) {
    if (std::ranges::find(values, row->*field) == values.end()) values.push_back(row->*field);
  }
  return values;
}

}  // namespace

const Catalogue& Catalogue::built_in() {
  static const Catalogue instance = [] {
    Catalogue made;
    for (const auto& [document, text] : {std::pair{"platform", embedded::platform_tsv},
                                         {"ivss", embedded::ivss_tsv},
                                         {"micro", embedded::micro_tsv},
                                         {"h626", embedded::h626_tsv}}) {
      const auto added = made.add(document, text);
      if (!added) throw std::logic_error(added.error().message);
    }
    return made;
  }();
  return instance;
}

Result<> Catalogue::add(std::string_view document, std::string_view text) {
  std::optional<std::vector<const Column*>> order;
  int number = 0;
  for (std::string_view line : base::split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (!order) {
      auto header = parse_header(document, line);
      if (!header) return header.error();
      order = std::move(*header);
      continue;
    }
    const auto invalid = [&](std::string_view what) {
      return Error{ErrorKind::invalid, fmt::format("{} line {}: {}", document, number, what)};
    };
    const auto fields = base::split(line, '\t');
    if (fields.size() != order->size()) {
      return invalid(fmt::format("{} fields, the header has {}", fields.size(), order->size()));
    }
    Requirement row;
    row.document = document;
    for (std::size_t i = 0; i < fields.size(); ++i) row.*(*order)[i]->field = fields[i];
    if (const auto fault = find_fault(row)) return invalid(*fault);
    if (!index_.emplace(row.id, rows_.size()).second)
      return invalid(fmt::format("id {} is there twice", row.id));
    rows_.push_back(std::move(row));
  }
  if (!order) return Error{ErrorKind::invalid, fmt::format("{}: no header line", document)};
  return {};
}

const Requirement* Catalogue::find(std::string_view id) const {
  const auto found = index_.find(std::string(id));
  return found == index_.end() ? nullptr : &rows_[found->second];
}

std::vector<const Requirement*> Catalogue::list(std::string_view document, std::string_view area) const {
  std::vector<const Requirement*> found;
  for (const Requirement& row : rows_) {
    if (!document.empty() && row.document != document) continue;
    if (area.empty() || row.area == area) found.push_back(&row);
  }
  return found;
}

std::vector<std::string> Catalogue::documents() const { return distinct(list({}), &Requirement::document); }

std::vector<std::string> Catalogue::areas(std::string_view document) const {
  return distinct(list(document), &Requirement::area);
}

}  // namespace watchrig::requirements
