#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

namespace watchrig::reports {

enum class EvidenceKind {
  log,      ///< text of a process; the report shows its last lines
  still,    ///< JPEG or PNG; the report shows it
  video,    ///< recording that can be played
  capture,  ///< packets, pcap or pcapng
  bytes,    ///< what went over a serial line, with times
  trace,    ///< messages between roles, or request and answer pairs
  metrics,  ///< a scrape or series of scrapes
  ledger,   ///< what a virtual device really did
  other,
};

/// `log`, `still`, …
std::string_view to_string(EvidenceKind kind);
std::optional<EvidenceKind> parse_evidence_kind(std::string_view text);

/// A file that lets a reader check the verdict.
struct Evidence {
  std::string name;  ///< what it is, for a person: `vmsd log`
  EvidenceKind kind = EvidenceKind::other;
  std::string path;  ///< relative to the report folder, with slashes: `evidence/<scenario>/vmsd.log`
  std::string note;  ///< what to look for, or why it is incomplete; may be empty
};
BOOST_DESCRIBE_STRUCT(Evidence, (), (name, kind, path, note))

}  // namespace watchrig::reports
