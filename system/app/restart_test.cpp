#include "system/app/restart.hpp"

#include <csignal>

#include <gtest/gtest.h>

namespace watchrig::app {
namespace {

TEST(Restart, KeepsWhatTheServerWasToldAndThePortsItFound) {
  const CommandLine line{"a.conf", "data", "all", {"http.port=0", "threads=2"}};
  const std::vector<std::string> expected{"--data",  "data",      "--roles", "all",           "--clock",
                                          "scale=1", "--config",  "a.conf",  "--set",         "http.port=0",
                                          "--set",   "threads=2", "--set",   "http.port=4711"};
  EXPECT_EQ(words_for_restart(line, "scale=1", {"http.port=4711"}), expected);
}

TEST(Restart, TheProgramToGoBackToIsFoundAmongWordsThatOnlyThatOneUnderstands) {
  std::vector<std::string> words{"--data", "data", "--instead-of", "/old/vmsd", "--set", "gone=1"};
  EXPECT_EQ(take_instead_of(words), "/old/vmsd");
  EXPECT_EQ(words, (std::vector<std::string>{"--data", "data", "--set", "gone=1"}));
  EXPECT_EQ(take_instead_of(words), "");
  words.emplace_back("--instead-of");
  EXPECT_EQ(take_instead_of(words), "");
  EXPECT_EQ(words.size(), 5u);
}

TEST(Restart, HeldSignalsStayUntilTheyAreAccepted) {
  hold_signals();
  ::raise(SIGTERM);
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_TRUE(sigismember(&pending, SIGTERM));
  EXPECT_FALSE(signal_was_held());
  accept_signals();
  EXPECT_TRUE(signal_was_held());
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace
}  // namespace watchrig::app
