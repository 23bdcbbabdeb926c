#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::app {

/// What vmsd was told at its start, as words.
struct CommandLine {
  std::string config;
  std::string data;
  std::string roles;
  std::vector<std::string> settings;
};

/// The words for the same server again: on the same clock, which goes on where it is, and with these settings
/// after the others. A backup that was put in place at the start is not put in place again.
std::vector<std::string> words_for_restart(const CommandLine& line, const std::string& clock,
                                           const std::vector<std::string>& settings);

/// From now on SIGINT and SIGTERM do not end the process at once. Those that reach the calling thread wait
/// for accept_signals(), in this program or in the one that replaces it; of others signal_was_held() tells.
void hold_signals();
bool signal_was_held();
void accept_signals();

/// Replaces this process by the same program with these arguments: a supervisor sees the same process.
/// Nothing that is open but the standard streams goes along. Returns only when that failed.
/// `program` is another one to run, which is told by --instead-of which one this was; empty: the same.
base::Error replace_program(std::vector<std::string> words, const std::filesystem::path& program);
/// Takes --instead-of and the program that it names out of the words of a start, whatever else is wrong with
/// them. Empty: it is not there.
std::filesystem::path take_instead_of(std::vector<std::string>& words);

/// The same with the program that this one was to replace.
base::Error go_back(std::vector<std::string> words, const std::filesystem::path& program);

}  // namespace watchrig::app
