#include "system/central/maintenance/machine_identity.hpp"

#include <array>
#include <fstream>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Result;

namespace {

constexpr std::size_t random_bytes = 32;
constexpr std::size_t most_serial = 128;

std::string fingerprint(std::string_view kind, std::string_view id) {
  std::string text("watchrig ");
  text.append(kind).append(" ").append(id);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base::to_hex(digest.data(), digest.size());
}

std::string first_line(const fs::path& file) {
  std::ifstream input(file);
  std::string line;
  line.resize(most_serial);
  input.getline(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(line.find('\0'));
  return std::string(base::trim(line));
}

}  // namespace

Result<std::string> machine_fingerprint(const fs::path& machine_id, const fs::path& fallback) {
  if (const auto id = first_line(machine_id); !id.empty()) return fingerprint("machine", id);
  if (const auto id = first_line(fallback); !id.empty()) return fingerprint("machine", id);
  std::array<unsigned char, random_bytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return base::Error{base::ErrorKind::unavailable, "the system has no random numbers for the fingerprint"};
  const auto id = base::to_hex(bytes.data(), bytes.size());
  if (auto written = platform::write_text_file(fallback, id + "\n"); !written) return written.error();
  return fingerprint("machine", id);
}

std::optional<std::string> dongle_fingerprint(const fs::path& file) {
  const std::string line = first_line(file);
  const auto [name, serial] = base::split_once(line, ':');
  if (name != "serial" || base::trim(serial).empty()) return std::nullopt;
  return fingerprint("dongle", base::trim(serial));
}

}  // namespace watchrig::central
