#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>

#include "system/base/corrected_clock.hpp"
#include "system/central/central.hpp"

namespace watchrig::central {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::int64_t version_of(const fs::path& file) {
  auto database = platform::SqliteDatabase::open(file).value();
  auto query = database.prepare("PRAGMA user_version").value();
  return query.step() ? query.integer(0) : 0;
}

void set_version(const fs::path& file, std::int64_t version) {
  auto database = platform::SqliteDatabase::open(file).value();
  ASSERT_TRUE(database.execute("PRAGMA user_version=" + std::to_string(version)));
}

TEST(CentralDatabases, one_of_a_newer_program_is_named_with_what_to_do_and_left_as_it_is) {
  const auto folder = fs::path(testing::TempDir()) / ("central_databases" + std::to_string(::getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  base::CorrectedClock clock{base::Clock::Settings{}};
  ASSERT_TRUE(Central::open(folder, clock, {}));
  for (const auto& name : Central::databases()) {
    const auto file = folder / name;
    const auto known = version_of(file);
    ASSERT_GT(known, 0) << name;
    set_version(file, known + 1);
    const auto opened = Central::open(folder, clock, {});
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().kind, base::ErrorKind::unsupported);
    EXPECT_THAT(opened.error().message, HasSubstr(file.string()));
    EXPECT_THAT(opened.error().message, HasSubstr("has schema " + std::to_string(known + 1)));
    EXPECT_THAT(opened.error().message, HasSubstr("start the newer program"));
    EXPECT_EQ(version_of(file), known + 1) << name;
    set_version(file, known);
  }
  EXPECT_TRUE(Central::open(folder, clock, {}));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace watchrig::central
