#include "system/storage/volume_files.hpp"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

namespace watchrig::storage {
namespace {

namespace fs = std::filesystem;

class VolumeFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
    auto made = files->create(folder / "file", size);
    ASSERT_TRUE(made) << made.error().message;
    file = std::move(*made);
  }
  void TearDown() override { fs::remove_all(folder); }

  /// Writes `bytes` in pieces of odd sizes, as the units of chunks are.
  void write(std::uint64_t offset, base::Bytes bytes) {
    std::vector<iovec> pieces;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t piece = std::min<std::size_t>(1 + random() % 100'000, bytes.size() - at);
      pieces.push_back({bytes.data() + at, piece});
      at += piece;
    }
    const auto written = file->write(offset, pieces);
    ASSERT_TRUE(written) << written.error().message;
    std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  base::Bytes noise(std::size_t count) {
    base::Bytes bytes(count);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
  }
  base::Bytes content() {
    std::ifstream input(folder / "file", std::ios::binary);
    return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  }

  static constexpr std::size_t size = std::size_t{5} << 20;
  const fs::path folder = fs::path(testing::TempDir()) / ("volume_files" + std::to_string(::getpid()));
  const std::shared_ptr<VolumeFiles> files = system_files();
  std::unique_ptr<SegmentFile> file;
  base::Bytes expected = base::Bytes(size);
  std::mt19937 random{7};
};

TEST_F(VolumeFilesTest, aligned_and_unaligned_writes_are_read_back_in_any_order) {
  write(4096, noise(4096));
  write(8192, noise((std::size_t{3} << 20) + 4096));
  write(100, noise(50));
  write(6000, noise(10'000));
  write(4096, noise(8192));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(content(), expected);
  base::Bytes read(size);
  EXPECT_EQ(file->read(0, read).value(), size);
  EXPECT_EQ(read, expected);
}

TEST_F(VolumeFilesTest, a_file_that_was_renamed_since_is_still_the_one_written) {
  fs::rename(folder / "file", folder / "renamed");
  write(0, noise(4096));
  EXPECT_FALSE(fs::exists(folder / "file"));
  fs::rename(folder / "renamed", folder / "file");
  EXPECT_EQ(content(), expected);
}

}  // namespace
}  // namespace watchrig::storage
