#include "system/central/system_information.hpp"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class SystemInformationTest : public testing::Test {
 protected:
  SystemInformationTest()
      : folder_(fs::path(testing::TempDir()) / ("information." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    log_ = EventLog::open(folder_ / "events.db", clock_).value();
    open();
  }
  ~SystemInformationTest() override { fs::remove_all(folder_); }
  void open() { information_ = SystemInformation::open(folder_ / "information.json", *log_, clock_).value(); }
  void append(const std::string& type, const std::string& account = {}) {
    clock_.advance(std::chrono::seconds(1));
    log_->append({.type = type, .account = account});
  }
  std::vector<std::string> shown(std::optional<Severity> severity = std::nullopt, std::size_t offset = 0,
                                 std::size_t limit = 100) const {
    std::vector<std::string> types;
    const auto page = information_->list(severity, offset, limit).value();
    for (const auto& event : page.entries) types.push_back(event.type);
    return types;
  }
  std::int64_t total(std::optional<Severity> severity = std::nullopt) const {
    return information_->list(severity, 0, 1)->total;
  }

  const fs::path folder_;
  base::ManualClock clock_{base::parse_utc("2026-01-01T00:00:00Z").value()};
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<SystemInformation> information_;
};

TEST_F(SystemInformationTest, CollectsWhatTheServerSaysBySeverityAndNotWhatPeopleDo) {
  append("system.started");
  append("channel.offline");
  append("recording.failed");
  append("settings.changed", "admin");
  EXPECT_THAT(shown(), ElementsAre("recording.failed", "channel.offline", "system.started"));
  EXPECT_THAT(shown(Severity::error), ElementsAre("recording.failed"));
  EXPECT_THAT(shown(Severity::warning), ElementsAre("channel.offline"));
  EXPECT_THAT(shown(Severity::notification), ElementsAre("system.started"));
}

TEST_F(SystemInformationTest, BehindTheLastEntryThereIsNothing) {
  append("channel.offline");
  for (const std::size_t offset : {std::size_t{1}, static_cast<std::size_t>(INT64_MAX), SIZE_MAX}) {
    EXPECT_TRUE(shown(std::nullopt, offset).empty()) << offset;
  }
}

TEST_F(SystemInformationTest, OneTabIsClearedAndTheOthersStayOverARestart) {
  append("recording.failed");
  append("channel.offline");
  ASSERT_TRUE(information_->clear(Severity::error));
  append("network.failed");
  open();
  EXPECT_THAT(shown(), ElementsAre("network.failed", "channel.offline"));
  ASSERT_TRUE(information_->clear(std::nullopt));
  EXPECT_THAT(shown(), IsEmpty());
  EXPECT_EQ(total(), 0);
  EXPECT_EQ(log_->since(0, 10).size(), 3U) << "the logs keep them";
}

TEST_F(SystemInformationTest, OneEntryIsClearedOnce) {
  append("recording.failed");
  append("recording.failed");
  append("settings.changed", "admin");
  ASSERT_TRUE(information_->clear_one(1));
  open();
  EXPECT_EQ(information_->list({}, 0, 10)->entries.front().sequence, 2);
  EXPECT_EQ(total(), 1);
  for (const std::int64_t wrong : {1, 3, 4, 0, -1})
    EXPECT_EQ(information_->clear_one(wrong).error().kind, base::ErrorKind::not_found) << wrong;
}

TEST_F(SystemInformationTest, AThousandOneByOneAndNoMoreUntilATabIsCleared) {
  for (std::size_t i = 0; i <= SystemInformation::most_dismissed; ++i) append("recording.failed");
  for (std::size_t i = 1; i <= SystemInformation::most_dismissed; ++i)
    ASSERT_TRUE(information_->clear_one(static_cast<std::int64_t>(i)));
  const auto last = static_cast<std::int64_t>(SystemInformation::most_dismissed) + 1;
  EXPECT_EQ(information_->clear_one(last).error().kind, base::ErrorKind::full);
  EXPECT_EQ(total(), 1);
  ASSERT_TRUE(information_->clear(Severity::error));
  append("recording.failed");
  EXPECT_TRUE(information_->clear_one(last + 1));
}

TEST_F(SystemInformationTest, ComesInPagesOfAllSeverities) {
  for (const char* type : {"recording.failed", "channel.offline", "system.started", "network.failed"})
    append(type);
  EXPECT_THAT(shown({}, 1, 2), ElementsAre("system.started", "channel.offline"));
  EXPECT_THAT(shown({}, 3, 2), ElementsAre("recording.failed"));
  EXPECT_THAT(shown({}, 4, 2), IsEmpty());
  EXPECT_EQ(total(), 4);
}

TEST_F(SystemInformationTest, AFileThatIsNoneIsRefusedWithWhatToDo) {
  for (const char* text : {"", "{}", R"({"until":{},"dismissed":[]})", R"({"until":3})"}) {
    std::ofstream(folder_ / "information.json") << text;
    const auto opened = SystemInformation::open(folder_ / "information.json", *log_, clock_);
    ASSERT_FALSE(opened) << text;
    EXPECT_THAT(opened.error().message, testing::HasSubstr("remove it"));
  }
}

}  // namespace
}  // namespace watchrig::central
