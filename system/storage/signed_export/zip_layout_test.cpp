#include "system/storage/signed_export/zip_layout.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fstream>
#include <memory>

#include <gmock/gmock.h>

#include "system/storage/signed_export/utf8_names.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using ::testing::ElementsAre;

/// A ZIP on the disk: what is of texts is written, what is of files is left out, so that it may be large.
struct ZipLayoutTest : testing::Test {
  TestDirectory directory;
  std::filesystem::path file = directory.path() / "made.zip";

  static ZipEntry entry_of(std::string name, std::string text) {
    const auto crc = crc32_with(0, text.data(), text.size());
    return {std::move(name), text.size(), crc, std::move(text)};
  }
  std::uint64_t write(std::vector<ZipEntry> entries, base::UtcTime made = test_start) const {
    std::ofstream out(file, std::ios::binary);
    std::uint64_t at = 0;
    for (const auto& piece : lay_out_zip(std::move(entries), made)) {
      EXPECT_TRUE(!piece.file.empty() || piece.text.size() == piece.bytes);
      out.seekp(static_cast<std::streamoff>(at)) << piece.text;
      at += piece.bytes;
    }
    return at;
  }

  struct Found {
    std::string name;
    std::int64_t bytes = 0;
    std::time_t time = 0;
    std::string text;  ///< of short ones
    bool operator==(const Found&) const = default;
  };
  std::vector<Found> read() const {
    const Utf8Names names;
    const std::unique_ptr<archive, decltype(&archive_read_free)> from(archive_read_new(), archive_read_free);
    archive_read_support_format_zip_seekable(from.get());
    EXPECT_EQ(archive_read_open_filename(from.get(), file.c_str(), 65536), ARCHIVE_OK);
    std::vector<Found> found;
    archive_entry* entry = nullptr;
    while (archive_read_next_header(from.get(), &entry) == ARCHIVE_OK) {
      Found one{
          archive_entry_pathname_utf8(entry), archive_entry_size(entry), archive_entry_mtime(entry), {}};
      if (one.bytes < 100) {
        one.text.resize(100);
        const auto got = archive_read_data(from.get(), one.text.data(), one.text.size());
        EXPECT_GE(got, 0) << archive_error_string(from.get());
        one.text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
      }
      found.push_back(std::move(one));
    }
    EXPECT_EQ(archive_errno(from.get()), 0) << archive_error_string(from.get());
    return found;
  }
};

TEST_F(ZipLayoutTest, EntriesAreFoundByNameSizeTimeAndContent) {
  write({entry_of("北.txt", "north"), entry_of("empty", "")}, test_start + std::chrono::seconds(7));
  // To two seconds, in the zone of whoever reads it.
  std::tm local{};
  local.tm_year = 126;
  local.tm_mon = 2;
  local.tm_mday = 1;
  local.tm_sec = 6;
  local.tm_isdst = -1;
  const auto time = std::mktime(&local);
  EXPECT_THAT(read(), ElementsAre(Found{"北.txt", 5, time, "north"}, Found{"empty", 0, time, ""}));
}

TEST_F(ZipLayoutTest, FilesOfAnySizeAndBehindAnyOthers) {
  constexpr std::uint64_t edge = 0xffffffff;
  const auto large = [](std::string name, std::uint64_t bytes) {
    return ZipEntry{std::move(name), bytes, 0, {}, "elsewhere"};
  };
  const auto bytes = write({entry_of("first", "1"), large("just", edge - 1), large("edge", edge),
                            large("more", edge + 1), entry_of("last", "5")});
  EXPECT_GT(bytes, 3 * edge);
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const auto& entry : read()) {
    found.emplace_back(entry.name, entry.bytes);
    if (entry.bytes == 1) {
      EXPECT_EQ(entry.text, entry.name == "first" ? "1" : "5");
    }
  }
  EXPECT_THAT(found, ElementsAre(std::pair("first", 1), std::pair("just", std::int64_t{edge - 1}),
                                 std::pair("edge", std::int64_t{edge}),
                                 std::pair("more", std::int64_t{edge + 1}), std::pair("last", 1)));
}

TEST_F(ZipLayoutTest, MoreFilesThanAnOldZipMayHave) {
  for (const std::size_t count : {65534, 65535, 65536}) {
    write(std::vector<ZipEntry>(count, entry_of("one", "1")));
    EXPECT_EQ(read().size(), count);
  }
}

}  // namespace
}  // namespace watchrig::storage
