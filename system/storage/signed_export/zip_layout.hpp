#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::storage {

/// A file of a ZIP. Its bytes are those of `file`, or without one of `text`.
struct ZipEntry {
  std::string name;  ///< UTF-8
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
  std::string text = {};
  std::filesystem::path file = {};
};

/// Some of the bytes of a ZIP: those of `file`, or without one of `text`.
struct ZipPiece {
  std::uint64_t bytes = 0;
  std::string text = {};
  std::filesystem::path file = {};
};

/// The pieces that are a ZIP one behind the other (APPNOTE 6.3, ZIP64 where it is needed). Its entries are
/// stored as they are, video does not get smaller; so the whole needs no room of its own, and any part of it
/// can be sent. `made` is the time of all entries.
std::vector<ZipPiece> lay_out_zip(std::vector<ZipEntry> entries, base::UtcTime made);

/// As a ZIP has it (ISO 3309) of bytes that come in parts; begins with 0.
std::uint32_t crc32_with(std::uint32_t before, const void* data, std::size_t size);

}  // namespace watchrig::storage
