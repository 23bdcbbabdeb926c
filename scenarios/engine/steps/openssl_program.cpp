#include "scenarios/engine/steps/openssl_program.hpp"

#include "scenarios/engine/child_process.hpp"

namespace watchrig::scenarios {

namespace {

constexpr auto patience = std::chrono::seconds(20);

}  // namespace

base::Result<> run_openssl(const StepContext& step, std::vector<std::string> words) {
  const auto log = step.bench.evidence.path("openssl.log");
  words.insert(words.begin(), "openssl");
  auto process = ChildProcess::start({.command = std::move(words), .error_log = log});
  if (!process) return process.error();
  const auto exit = (*process)->wait(patience);
  if (exit && exit->clean()) return {};
  return base::Error{base::ErrorKind::io, "openssl: " + tail_of_file(log, 3)};
}

}  // namespace watchrig::scenarios
