#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <vector>

#include "system/platform/message_bus.hpp"

namespace watchrig::platform {

/// The newest messages between roles, and what became of each, for people and scenarios. Without secrets:
/// members called password, token, secret, key or credentials, and paths of an address. Any thread.
class MessageTrace {
 public:
  /// Of a longer list so many entries are kept, of many lists less, and how many more there were.
  static constexpr std::size_t most_of_list = 20;

  struct Entry {
    Message message;
    std::string outcome;  ///< sent, or why not
  };
  /// Which entries; what is not given does not matter.
  struct Query {
    std::optional<std::string> correlation = {};
    std::optional<std::string> name = {};
    std::optional<std::string> from = {};
    std::optional<std::string> to = {};
    std::uint64_t after = 0;  ///< number of the last one that is known already
    std::size_t limit = 100;
  };

  /// `most` are kept. With a file each is appended to it as a line of JSON, until it has 64 MiB.
  explicit MessageTrace(std::size_t most = 10'000, std::filesystem::path file = {});

  void add(const Message& message, std::string outcome);
  /// In the order of sending, the oldest of them first.
  std::vector<Entry> find(const Query& query) const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::ofstream file_;
  std::size_t written_ = 0;
};

boost::json::object to_json(const MessageTrace::Entry& entry);

}  // namespace watchrig::platform
