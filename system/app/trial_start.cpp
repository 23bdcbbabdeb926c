#include "system/app/trial_start.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/platform/host_network/host_command.hpp"

namespace watchrig::app {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto patience = std::chrono::seconds(60);
constexpr std::size_t longest_quote = 300;

}  // namespace

Result<std::string> try_program(const std::filesystem::path& program, const std::filesystem::path& folder) {
  const auto outcome = platform::run_command({program.string(), "--trial", "--data", folder.string(), "--set",
                                              "http.port=0", "--set", "rtsp.port=0"},
                                             patience);
  if (!outcome) return Error(outcome.error()).within("the program of the upgrade");
  if (outcome->status != 0) {
    const auto said = base::trim(outcome->errors);
    return Error{ErrorKind::invalid,
                 fmt::format("the program of the upgrade does not start here (exit code {}): {}",
                             outcome->status, said.substr(0, longest_quote))};
  }
  json::error_code failure;
  const auto line = json::parse(base::trim(base::split_once(outcome->output, '\n').first), failure);
  const auto* version = failure || !line.is_object() ? nullptr : line.get_object().if_contains("version");
  if (version && version->is_string()) return std::string(version->get_string());
  return Error{ErrorKind::invalid, "the program of the upgrade does not say that it is ready"};
}

}  // namespace watchrig::app
