// Says whether an export was changed since a server has signed it.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "system/platform/text_file.hpp"
#include "system/storage/signed_export/export_check.hpp"

namespace {

using namespace watchrig;

enum ExitCode { unchanged = 0, changed = 1, not_checked = 2 };

base::Result<std::optional<platform::PublicKey>> read_key(const std::string& file) {
  if (file.empty()) return std::optional<platform::PublicKey>();
  const auto pem = platform::read_text_file(file);
  if (!pem) return pem.error();
  const auto key = platform::PublicKey::from_pem(*pem);
  if (!key) return base::Error{key.error().kind, fmt::format("{}: {}", file, key.error().message)};
  return std::optional(*key);
}

/// What somebody may have written into a file, for a terminal: it obeys no control characters.
std::string shown(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return text;
}

void print(const storage::ExportFindings& findings, bool signer_known) {
  for (const auto& change : findings.changes) fmt::print("CHANGED  {}\n", shown(change));
  if (!findings.changes.empty()) return;
  const auto& manifest = findings.manifest;
  const auto why = manifest.reason.empty() ? "" : ": " + manifest.reason;
  fmt::print("{}\n", shown(fmt::format("unchanged since {}, when \"{}\" exported it from server {}{}",
                                       manifest.made, manifest.account, manifest.server, why)));
  for (const auto& file : manifest.files) {
    fmt::print("  {}\n",
               shown(fmt::format("{}  {} pictures, {} to {}", file.name, file.frames, file.from, file.to)));
  }
  fmt::print("signed by the key {}\n", findings.signer);
  if (!signer_known) {
    fmt::print(
        "Whether that is the server's own key, this file cannot say: compare it with the server's "
        "(GET /api/v1/signing-key), or give that with --key.\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "export_check: says whether a signed export of a Watchrig server was changed. Exit codes: 0 it was "
      "not, 1 it was, 2 it could not be checked");
  std::string file;
  std::string key_file;
  app.add_option("file", file, "the export, a ZIP file")->required();
  app.add_option("--key", key_file, "the server's public key (PEM), from somebody whom you believe");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? unchanged : not_checked;
  }
  const auto key = read_key(key_file);
  const auto findings = key ? storage::check_export(file, *key) : key.error();
  if (!findings) {
    fmt::print(stderr, "export_check: {}\n", findings.error().message);
    return not_checked;
  }
  print(*findings, key->has_value());
  return findings->changes.empty() ? unchanged : changed;
}
