#pragma once

#include <filesystem>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

namespace watchrig::central {

/// A test with a folder of its own, empty at its begin and gone after it.
class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  ~FolderTest() override { std::filesystem::remove_all(folder); }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) /
      (testing::UnitTest::GetInstance()->current_test_info()->test_suite_name() + std::to_string(::getpid()));
};

}  // namespace watchrig::central
