#pragma once

#include <filesystem>

#include "scenarios/engine/bench.hpp"
#include "scenarios/engine/exported_media.hpp"

namespace watchrig::scenarios {

/// Who keeps a recording.
enum class Keeper { server, device };

/// Has vmsd export [from, to) of a channel into a file. The error is the server's.
base::Result<> download_export(Bench& bench, const Channel& channel, const std::string& stream, Keeper keeper,
                               base::UtcTime from, base::UtcTime to, const std::filesystem::path& file);

/// Compares what an exported file shows with what the camera's ledger says it sent in [from, to): not vmsd's
/// word counts but the bytes that it gives back. `fresh` is how long before `to` a unit may still be on its
/// way to the disk. Writes ledger and finding into the evidence when it does not pass.
Outcome compare_with_ledger(Bench& bench, const Channel& channel, const std::string& stream,
                            const ExportedMedia& media, base::UtcTime from, base::UtcTime to,
                            base::Duration fresh, const MatchExpectation& expected, LedgerMatch& match,
                            std::vector<LedgerUnit>& ledger);

}  // namespace watchrig::scenarios
