#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include <boost/json/object.hpp>

namespace watchrig::platform::testing {

/// A program not written here (or a script around one) that speaks JSON lines, and ends when its standard
/// input is closed.
class PeerProgram {
 public:
  explicit PeerProgram(std::vector<std::string> command);
  ~PeerProgram();
  PeerProgram(const PeerProgram&) = delete;
  PeerProgram& operator=(const PeerProgram&) = delete;

  /// The next line; nothing when it has ended.
  std::optional<boost::json::object> line();

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  std::FILE* output_ = nullptr;
};

}  // namespace watchrig::platform::testing
