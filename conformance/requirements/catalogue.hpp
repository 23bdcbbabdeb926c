#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::requirements {

/// One row: something that a source document demands.
struct Requirement {
  std::string id;        ///< unique in all documents: `V-8.2.1.2-1`
  std::string document;  ///< platform, ivss, micro or h626
  std::string clause;
  std::string area;     ///< what it is about: `playback`, `raid`, `flow`, …
  std::string level;    ///< must, should, may; in h626 required, recommended, optional
  std::string title;    ///< short form of the statement, at most 90 characters; the document decides
  std::string verify;   ///< how a scenario could see it
  std::string reading;  ///< how a contradiction or gap in the document is read; mostly empty
};

/// All requirements, in the order of their documents. Immutable once made; any thread.
class Catalogue {
 public:
  /// The rows that are part of the program.
  static const Catalogue& built_in();

  /// Adds the rows of one document. The text is tab-separated with a header line and no quoting; the columns
  /// id, clause, area, level and title are required, verify and reading are optional. Errors (invalid, with
  /// document and line): unknown or missing column, wrong number of fields, empty id, title or level, unknown
  /// level, duplicate id.
  base::Result<> add(std::string_view document, std::string_view text);

  /// Nothing when there is no such row.
  const Requirement* find(std::string_view id) const;
  const std::vector<Requirement>& all() const { return rows_; }
  /// Rows of one document and area; an empty text means any.
  std::vector<const Requirement*> list(std::string_view document, std::string_view area = {}) const;
  /// Documents and areas in order of appearance.
  std::vector<std::string> documents() const;
  std::vector<std::string> areas(std::string_view document) const;

 private:
  std::vector<Requirement> rows_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace watchrig::requirements
