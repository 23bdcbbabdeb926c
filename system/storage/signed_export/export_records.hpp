#pragma once

#include <filesystem>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include "system/platform/text_file.hpp"
#include "system/storage/signed_export/export_manifest.hpp"

/// What the folder of an export says of the files in it: JSON, written at one stroke.
namespace watchrig::storage {

/// A video that is complete.
struct ExportedPart {
  std::uint64_t channel = 0;  ///< which of the order, from 0
  std::string rest;           ///< from when the next one of this channel is; empty: there is no other
  std::uint32_t crc32 = 0;
  ExportedFile file;
  std::vector<ExportedSpan> recorded;
};
BOOST_DESCRIBE_STRUCT(ExportedPart, (), (channel, rest, crc32, file, recorded))

struct ZipRecord {
  std::string name;  ///< in the ZIP
  std::string file;  ///< in the folder
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
};
BOOST_DESCRIBE_STRUCT(ZipRecord, (), (name, file, bytes, crc32))

/// The whole, once it is.
struct ZipContent {
  std::string made;
  std::vector<ZipRecord> entries;
};
BOOST_DESCRIBE_STRUCT(ZipContent, (), (made, entries))

template <class T>
base::Result<> write_record(const std::filesystem::path& file, const T& record) {
  return platform::write_text_file(file, boost::json::serialize(boost::json::value_from(record)));
}

/// Errors: io, full (more than 4 MiB), corrupt.
template <class T>
base::Result<T> read_record(const std::filesystem::path& file) {
  const auto text = platform::read_text_file(file);
  if (!text) return text.error();
  boost::system::error_code failure;
  const auto value = boost::json::parse(*text, failure);
  auto record = failure ? boost::system::result<T>(failure) : boost::json::try_value_to<T>(value);
  if (record) return *std::move(record);
  return base::Error{base::ErrorKind::corrupt,
                     fmt::format("{} is damaged: {}", file.string(), record.error().message())};
}

}  // namespace watchrig::storage
