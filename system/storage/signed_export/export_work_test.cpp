#include "system/storage/signed_export/export_work.hpp"

#include <fstream>

#include <gmock/gmock.h>

#include "system/storage/signed_export/export_check.hpp"
#include "system/storage/signed_export/file_digest.hpp"
#include "system/storage/testing/encoded_video.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void write_zip(const std::filesystem::path& to, const std::vector<ZipPiece>& pieces) {
  std::ofstream out(to, std::ios::binary);
  for (const auto& piece : pieces) {
    const auto content = piece.file.empty() ? base::Bytes() : read_bytes(piece.file);
    EXPECT_EQ(piece.file.empty() ? piece.text.size() : content.size(), piece.bytes);
    out << piece.text << std::string(content.begin(), content.end());
  }
}

/// Two channels: the gate, whose picture changes its size after a second, and the yard.
struct SignedExportTest : testing::Test {
  TestVolume volume;
  platform::SigningKey key = platform::SigningKey::open(volume.directory.path() / "signing.pem").value();
  std::filesystem::path file = volume.directory.path() / "taken.zip";
  std::filesystem::path folder = volume.directory.path() / "export";
  SignedExportLimits limits{.free = 0};
  SignedExportOrder order{{{"c1", "Gate/北", "main"}, {"c2", "Yard", "main"}},
                          test_start,
                          test_start + 1h,
                          "WR-1",
                          "olga",
                          "theft"};

  void SetUp() override {
    volume.open();
    std::filesystem::create_directory(folder);
    const auto small = encode_video(25, 128, 0ms);
    const auto gate = volume.record("c1", "main", small.tracks);
    volume.push(*gate, small.units);
    const auto large = encode_video(50, 160, 1s);
    gate->present(large.tracks);
    volume.push(*gate, large.units);
    const auto yard = encode_video(75, 128, 0ms);
    volume.push(*volume.record("c2", "main", yard.tracks), yard.units);
    ASSERT_TRUE(volume.storage->flush());
  }

  /// Errors of the ZIP are the test's.
  base::Result<SignedExportSummary> make(const ExportPace& pace = {}) {
    auto made = make_signed_export(*volume.storage, volume.clock, order, key, folder, limits, pace);
    if (!made) return made;
    const auto pieces = zip_of_export(folder);
    EXPECT_TRUE(pieces);
    if (pieces) write_zip(file, *pieces);
    return made;
  }
  ExportFindings check(const std::optional<platform::PublicKey>& signer = {}) {
    auto findings = check_export(file, signer);
    EXPECT_TRUE(findings) << findings.error().message;
    return findings ? *std::move(findings) : ExportFindings();
  }
};

TEST_F(SignedExportTest, HoldsEveryChannelAndANewFileWhereThePictureChanges) {
  std::vector<double> told;
  std::uint64_t read = 0;
  const auto made = make([&](double part, std::uint64_t bytes) {
    read += bytes;
    told.push_back(part);
    return true;
  });
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->files, 3u);
  EXPECT_EQ(made->frames, 150u);
  EXPECT_GT(read, 0u);
  EXPECT_TRUE(std::ranges::is_sorted(told) && told.front() >= 0 && told.back() <= 1);
  const auto findings = check(key.public_key());
  EXPECT_THAT(findings.changes, IsEmpty());
  EXPECT_EQ(findings.signer, key.public_key().fingerprint());
  const auto& manifest = findings.manifest;
  EXPECT_EQ(manifest.reason, "theft");
  EXPECT_EQ(manifest.account, "olga");
  EXPECT_EQ(manifest.server, "WR-1");
  std::vector<std::pair<std::string, std::uint64_t>> found;
  for (const auto& exported : manifest.files) found.emplace_back(exported.name, exported.frames);
  EXPECT_THAT(found, ElementsAre(std::pair("Gate_北 2026-03-01T00-00-00.000Z.mp4", 25u),
                                 std::pair("Gate_北 2026-03-01T00-00-01.000Z.mp4", 50u),
                                 std::pair("Yard 2026-03-01T00-00-00.000Z.mp4", 75u)));
  ASSERT_THAT(manifest.channels, SizeIs(2));
  ASSERT_THAT(manifest.channels[1].recorded, SizeIs(1));
  EXPECT_EQ(manifest.channels[1].recorded[0].to, "2026-03-01T00:00:03.000000000Z");
}

TEST_F(SignedExportTest, ChannelsOfOneNameHaveFilesOfTheirOwnAndOneWithoutRecordingsIsNamed) {
  order.channels = {{"c2", "Same", "main"}, {"c2", "Same", "main"}, {"c3", "..", "main"}};
  ASSERT_TRUE(make());
  const auto findings = check();
  EXPECT_THAT(findings.changes, IsEmpty());
  ASSERT_THAT(findings.manifest.files, SizeIs(2));
  EXPECT_EQ(findings.manifest.files[1].name, "Same 2026-03-01T00-00-00.000Z (2).mp4");
  ASSERT_THAT(findings.manifest.channels, SizeIs(3));
  EXPECT_THAT(findings.manifest.channels[2].recorded, IsEmpty());
}

TEST_F(SignedExportTest, ALongNameIsCutBetweenCharacters) {
  std::string name(99, 'a');
  order.channels = {{"c2", name + "北", "main"}};
  ASSERT_TRUE(make());
  EXPECT_EQ(check().manifest.files.at(0).name, name + " 2026-03-01T00-00-00.000Z.mp4");
}

TEST_F(SignedExportTest, NothingRecordedIsAnError) {
  order.from = test_start + 1h;
  order.to = test_start + 2h;
  const auto made = make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, base::ErrorKind::not_found);
}

TEST_F(SignedExportTest, AFolderThatIsNotThereIsAnError) {
  folder = "/proc/no-such-folder";
  EXPECT_EQ(make().error().kind, base::ErrorKind::not_found);
}

TEST_F(SignedExportTest, WhatIsMoreThanItMayBeOrThanThereIsRoomForIsRefusedAndSaysHowMuch) {
  const auto refused = [&] {
    const auto made = make();
    EXPECT_EQ(made.error().kind, base::ErrorKind::full);
    return made ? "" : made.error().message;
  };
  limits.bytes = 10'000;
  EXPECT_THAT(refused(), HasSubstr("an export at most 0.0: export fewer channels"));
  limits = {};
  limits.free = std::filesystem::space(folder).available;
  EXPECT_THAT(refused(), HasSubstr("remove exports"));
}

TEST_F(SignedExportTest, HasOnlySoManyFiles) {
  limits.file_bytes = 1;
  limits.files = 6;
  ASSERT_TRUE(make());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  limits.files = 5;
  const auto refused = make();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::full);
  EXPECT_THAT(refused.error().message, HasSubstr("more than 5 files: export a shorter time"));
}

/// Pictures of all files, in their order.
std::vector<std::uint64_t> frames_of(const ExportManifest& manifest) {
  std::vector<std::uint64_t> frames;
  for (const auto& exported : manifest.files) frames.push_back(exported.frames);
  return frames;
}

TEST_F(SignedExportTest, ALargeFileIsContinuedInAnotherAtAKeyPicture) {
  limits.file_bytes = 1;
  ASSERT_TRUE(make());
  const auto findings = check();
  EXPECT_THAT(findings.changes, IsEmpty());
  EXPECT_THAT(frames_of(findings.manifest), ElementsAre(25, 25, 25, 25, 25, 25));
  EXPECT_EQ(findings.manifest.files[4].from, "2026-03-01T00:00:01.000000000Z");
  // In the recording there is no hole.
  EXPECT_THAT(findings.manifest.channels[1].recorded, SizeIs(1));
}

TEST_F(SignedExportTest, WhatWasBrokenOffAnywhereGoesOnWithTheFilesThatAreComplete) {
  limits.file_bytes = 1;
  // Which are told of before any picture.
  const auto looks = order.channels.size();
  std::size_t units = 0;
  ASSERT_TRUE(make([&](double, std::uint64_t) { return ++units > 0; }));
  units -= looks;
  const auto whole = check().manifest;
  for (std::size_t broken = 1; broken <= units; broken += 7) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    std::size_t first = 0;
    EXPECT_EQ(make([&](double, std::uint64_t) { return ++first < looks + broken; }).error().kind,
              base::ErrorKind::cancelled);
    std::size_t second = 0;
    ASSERT_TRUE(make([&](double, std::uint64_t) { return ++second > 0; }));
    // Nothing of a file that was complete is read again.
    EXPECT_EQ(second - looks, units - (broken - 1) / 25 * 25) << broken;
    const auto findings = check();
    EXPECT_THAT(findings.changes, IsEmpty());
    EXPECT_EQ(write_manifest(findings.manifest), write_manifest(whole));
  }
}

TEST_F(SignedExportTest, CanBeBrokenOffBeforeAnythingIsRead) {
  EXPECT_EQ(make([](double, std::uint64_t) { return false; }).error().kind, base::ErrorKind::cancelled);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(SignedExportTest, AFileThatWasTornIsMadeAgain) {
  limits.file_bytes = 1;
  ASSERT_TRUE(make());
  const auto whole = check().manifest;
  std::filesystem::resize_file(folder / "part-00003.mp4", 100);
  write_bytes(folder / "part-00004.json", base::Bytes(10, '{'));
  ASSERT_TRUE(make());
  EXPECT_EQ(write_manifest(check().manifest), write_manifest(whole));
}

TEST_F(SignedExportTest, AnyByteThatIsChangedIsFound) {
  ASSERT_TRUE(make());
  const auto whole = read_bytes(file);
  const auto names = check().manifest.files;
  std::size_t seen = 0;
  for (std::size_t at = 11; at < whole.size(); at += 97) {
    auto changed = whole;
    changed[at] ^= 0x10;
    write_bytes(file, changed);
    const auto findings = check_export(file, key.public_key());
    if (findings && findings->changes.empty()) {
      // What only the ZIP says, such as times of files, is nobody's evidence: all files are as they were.
      ASSERT_THAT(findings->manifest.files, SizeIs(names.size()));
      continue;
    }
    ++seen;
  }
  // Nearly all of it is video, manifest and signature.
  EXPECT_GT(seen * 97, whole.size() * 9 / 10);
}

TEST_F(SignedExportTest, ACutFileIsFoundAtAnyLength) {
  ASSERT_TRUE(make());
  const auto whole = read_bytes(file);
  for (std::size_t size = 0; size < whole.size(); size += 211) {
    write_bytes(file, base::ByteView(whole).first(size));
    const auto findings = check_export(file, key.public_key());
    EXPECT_TRUE(!findings || !findings->changes.empty()) << size;
  }
}

/// Writes a ZIP as anybody can.
struct ForgedExportTest : SignedExportTest {
  std::map<std::string, std::string> content;

  void SetUp() override {
    SignedExportTest::SetUp();
    ExportManifest manifest;
    manifest.format = export_form;
    ExportedFile clip;
    clip.name = "clip.mp4";
    std::string video(3 * piece_bytes / 2, 'v');
    FileDigest digest;
    digest.add(video.data(), video.size());
    auto digests = digest.take();
    clip.bytes = digests.bytes;
    clip.sha256 = digests.whole;
    clip.piece_sha256 = digests.pieces;
    manifest.files = {clip};
    const auto text = write_manifest(manifest);
    content = {{"clip.mp4", video},
               {std::string(manifest_name), text},
               {std::string(signature_name), key.sign(text)},
               {std::string(signer_name), key.public_key().pem()}};
  }
  void write() const {
    std::vector<ZipEntry> entries;
    for (const auto& [name, text] : content)
      entries.push_back({name, text.size(), crc32_with(0, text.data(), text.size()), text});
    write_zip(file, lay_out_zip(std::move(entries), test_start));
  }
  std::vector<std::string> changes(const std::optional<platform::PublicKey>& signer = {}) {
    write();
    return check(signer).changes;
  }
};

TEST_F(ForgedExportTest, WhatIsAsItWasSignedIsUnchanged) { EXPECT_THAT(changes(), IsEmpty()); }

TEST_F(ForgedExportTest, AChangeIsNamedByItsBytes) {
  content["clip.mp4"][piece_bytes + 5] = 'w';
  EXPECT_THAT(changes(), ElementsAre("clip.mp4: was changed in its bytes 1048576 to 1572863"));
  content["clip.mp4"][7] = 'w';
  EXPECT_THAT(changes(), ElementsAre("clip.mp4: was changed in its bytes 0 to 1572863"));
}

TEST_F(ForgedExportTest, WhatIsShorterLongerMissingOrAddedIsNamed) {
  content["clip.mp4"].pop_back();
  EXPECT_THAT(changes(), ElementsAre("clip.mp4: was changed in its bytes 1048576 to 1572863"));
  content["clip.mp4"] += "vv";
  EXPECT_THAT(changes(), ElementsAre("clip.mp4: was changed in its bytes 1048576 to 1572864"));
  content.erase("clip.mp4");
  content["other.mp4"] = "v";
  EXPECT_THAT(changes(), ElementsAre("clip.mp4: is missing", "other.mp4: was added"));
}

TEST_F(ForgedExportTest, AManifestThatWasWrittenAnewIsOfAnotherSigner) {
  const auto forger = platform::SigningKey::open(volume.directory.path() / "forger.pem").value();
  auto manifest = parse_manifest(content[std::string(manifest_name)]).value();
  manifest.account = "nobody";
  content[std::string(manifest_name)] = write_manifest(manifest);
  EXPECT_THAT(changes(), ElementsAre(HasSubstr("manifest.json: its signature is not of this signer")));
  content[std::string(signature_name)] = forger.sign(content[std::string(manifest_name)]);
  EXPECT_THAT(changes(), ElementsAre(HasSubstr("manifest.json")));
  content[std::string(signer_name)] = forger.public_key().pem();
  // All of one maker, as far as the file itself tells.
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_THAT(changes(key.public_key()),
              ElementsAre(AllOf(HasSubstr("signer.pem: is another key"),
                                HasSubstr(forger.public_key().fingerprint())),
                          HasSubstr("manifest.json: its signature is not of this signer")));
}

TEST_F(ForgedExportTest, WithoutASignatureOrASignerItIsChanged) {
  content.erase(std::string(signature_name));
  EXPECT_THAT(changes(), ElementsAre(HasSubstr("manifest.json")));
  content.erase(std::string(signer_name));
  EXPECT_THAT(changes(), Contains(HasSubstr("signer.pem: must be an Ed25519 public key")));
}

TEST_F(ForgedExportTest, WhatIsNoExportIsRefused) {
  const auto refused = [&] {
    const auto findings = check_export(file, {});
    return findings ? base::ErrorKind::conflict : findings.error().kind;
  };
  EXPECT_EQ(refused(), base::ErrorKind::not_found);
  write_bytes(file, base::Bytes(1000, 'x'));
  EXPECT_EQ(refused(), base::ErrorKind::invalid);
  auto& text = content[std::string(manifest_name)];
  const auto sign = [&] { content[std::string(signature_name)] = key.sign(text); };
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  sign();
  write();
  EXPECT_EQ(refused(), base::ErrorKind::unsupported);
  text = "[]";
  sign();
  write();
  EXPECT_EQ(refused(), base::ErrorKind::invalid);
  content.erase(std::string(manifest_name));
  write();
  EXPECT_EQ(refused(), base::ErrorKind::invalid);
}

TEST_F(ForgedExportTest, AManifestOfAnyBytesIsReadSafely) {
  const auto text = content[std::string(manifest_name)];
  for (std::size_t at = 0; at < text.size(); ++at) {
    EXPECT_FALSE(parse_manifest(std::string_view(text).substr(0, at))) << at;
    auto changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    if (const auto parsed = parse_manifest(changed)) {
      EXPECT_NE(write_manifest(*parsed), text) << at;
    }
  }
}

}  // namespace
}  // namespace watchrig::storage
