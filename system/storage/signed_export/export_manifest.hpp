#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "system/base/result.hpp"

/// What a signed export says of itself. A ZIP holds MP4 files, manifest.json, and beside it its signature.
namespace watchrig::storage {

inline constexpr std::string_view manifest_name = "manifest.json";
inline constexpr std::string_view signature_name =
    "manifest.sig";                                            ///< Ed25519 over the bytes of the manifest
inline constexpr std::string_view signer_name = "signer.pem";  ///< the public key that made it
inline constexpr std::string_view export_form = "watchrig-export";
inline constexpr std::int64_t export_version = 1;
inline constexpr std::uint64_t piece_bytes = 1u << 20;
inline constexpr std::size_t most_manifest_bytes = 64u << 20;

/// Times are in UTC, as text.
struct ExportedSpan {
  std::string from, to;
  std::uint64_t frames = 0;
};
BOOST_DESCRIBE_STRUCT(ExportedSpan, (), (from, to, frames))

struct ExportedChannel {
  std::string id, name, stream;
  std::vector<ExportedSpan> recorded;  ///< of the period that was asked for
};
BOOST_DESCRIBE_STRUCT(ExportedChannel, (), (id, name, stream, recorded))

struct ExportedFile {
  std::string name;      ///< in the ZIP
  std::string channel;   ///< id
  std::string from, to;  ///< first and last picture
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< of the whole file, in hex
  std::vector<std::string>
      piece_sha256;  ///< of each piece_bytes of it, so that a change is found where it is
};
BOOST_DESCRIBE_STRUCT(ExportedFile, (), (name, channel, from, to, frames, bytes, sha256, piece_sha256))

struct ExportManifest {
  std::string format;
  std::int64_t version = export_version;
  std::string server;   ///< its serial number
  std::string account;  ///< who has exported it
  std::string reason;
  std::string made;
  std::string from, to;  ///< what was asked for
  std::uint64_t piece_bytes = storage::piece_bytes;
  std::vector<ExportedChannel> channels;
  std::vector<ExportedFile> files;
};
BOOST_DESCRIBE_STRUCT(ExportManifest, (),
                      (format, version, server, account, reason, made, from, to, piece_bytes, channels,
                       files))

std::string write_manifest(const ExportManifest& manifest);
/// Errors: invalid (no manifest of an export), unsupported (a newer form of it).
base::Result<ExportManifest> parse_manifest(std::string_view text);

}  // namespace watchrig::storage
