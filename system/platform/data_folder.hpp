#pragma once

#include <filesystem>

#include "system/base/result.hpp"

namespace watchrig::platform {

/// Makes the folder if it is missing and sets who may use it. Error: denied, with what to do.
base::Result<> make_folder(const std::filesystem::path& folder, std::filesystem::perms permissions);

/// A file that is there while the server runs: found at the start, it says that the last run did not end
/// cleanly.
class RunMark {
 public:
  explicit RunMark(std::filesystem::path file);
  bool found() const { return found_; }
  void remove() const;

 private:
  const std::filesystem::path file_;
  const bool found_;
};

}  // namespace watchrig::platform
