#include "system/central/voices/voice_files.hpp"

#include <fstream>

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;

class VoiceFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    open();
  }
  void TearDown() override { fs::remove_all(folder); }
  void open() { voices = VoiceFiles::open(folder).value(); }
  static std::string sound(std::int64_t bytes) { return std::string(static_cast<std::size_t>(bytes), '\1'); }
  /// The field that is refused; "none" when the file is taken.
  std::string refused(const std::string& name, const std::string& content = sound(VoiceFiles::least_bytes)) {
    const auto added = voices->add(name, content);
    return added ? "none" : added.error().field;
  }

  const fs::path folder = fs::path(testing::TempDir()) / "voice_files_test";
  std::unique_ptr<VoiceFiles> voices;
};

TEST_F(VoiceFilesTest, StayOverARestartAndComeBackAsTheyWere) {
  ASSERT_EQ(refused("Tür 1.pcm", sound(3000)), "none");
  std::ofstream(folder / "cut short.pcm.new") << "x";
  open();
  ASSERT_EQ(voices->all().size(), 1U);
  EXPECT_EQ(voices->all()[0].name, "Tür 1.pcm");
  EXPECT_EQ(voices->all()[0].bytes, 3000);
  EXPECT_EQ(voices->content("Tür 1.pcm").value(), sound(3000));
  ASSERT_TRUE(voices->rename("Tür 1.pcm", "door.PCM"));
  EXPECT_EQ(voices->content("Tür 1.pcm").error().kind, ErrorKind::not_found);
  ASSERT_TRUE(voices->remove("door.PCM"));
  EXPECT_EQ(voices->remove("door.PCM").error().kind, ErrorKind::not_found);
  open();
  EXPECT_TRUE(voices->all().empty());
}

TEST_F(VoiceFilesTest, SizesHoldTheirLimits) {
  EXPECT_EQ(refused("a.pcm", sound(VoiceFiles::least_bytes - 1)), "file");
  EXPECT_EQ(refused("a.pcm", sound(VoiceFiles::least_bytes)), "none");
  EXPECT_EQ(refused("b.pcm", sound(VoiceFiles::most_bytes + 1)), "file");
  const auto largest = sound(VoiceFiles::most_bytes);
  for (int i = 0; i < 19; ++i) ASSERT_EQ(refused(std::to_string(i) + ".pcm", largest), "none") << i;
  const auto rest = VoiceFiles::most_total - 19 * VoiceFiles::most_bytes - VoiceFiles::least_bytes;
  EXPECT_EQ(voices->add("b.pcm", sound(rest + 1)).error().error.kind, ErrorKind::full);
  EXPECT_EQ(refused("b.pcm", sound(rest)), "none");
}

TEST_F(VoiceFilesTest, NothingButRawPcmIsTaken) {
  EXPECT_EQ(refused("a.wav"), "name");
  EXPECT_EQ(refused("a.pcm", "RIFF" + sound(VoiceFiles::least_bytes)), "file");
  for (const char* name : {"", ".pcm", "../a.pcm", "a/b.pcm", ".a.pcm", "a\n.pcm", "a"})
    EXPECT_EQ(refused(name), "name") << name;
  EXPECT_EQ(refused(std::string(60, 'a') + ".pcm"), "name");
  EXPECT_EQ(refused(std::string(59, 'a') + ".pcm"), "none");
  EXPECT_EQ(refused(std::string(59, 'a') + ".pcm"), "name");
  ASSERT_EQ(refused("b.pcm"), "none");
  EXPECT_EQ(voices->rename("b.pcm", "b.wav").error().field, "name");
  EXPECT_EQ(voices->rename("b.pcm", std::string(59, 'a') + ".pcm").error().error.kind, ErrorKind::conflict);
  EXPECT_EQ(voices->rename("c.pcm", "d.pcm").error().error.kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace watchrig::central
