#include <cstdint>
#include <cstdlib>
#include <string>

#include "scenarios/engine/scenario_parser.hpp"
#include "scenarios/engine/step_table.hpp"

namespace {

using namespace watchrig;

/// Every included file and rig file is one of these, so that nothing outside is read.
base::Result<std::string> read_none(const std::filesystem::path& path) {
  if (path.filename() == "steps.xml") return std::string("<steps><wait for=\"${n}\"/></steps>");
  if (path.filename() == "rig.xml") return std::string("<rig><camera id=\"${n}\"/></rig>");
  return base::Error{base::ErrorKind::not_found, path.string() + ": no such file"};
}

}  // namespace

/// Parses any bytes; what parses must parse to the same again from what is written of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scenarios::ParseOptions options;
  options.table = &scenarios::step_table();
  options.read = read_none;
  options.overrides = {{"gate", "main", "h264"}, {"", "n", "1s"}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = scenarios::parse_scenario_text(text, "fuzz/x.xml", options);
  if (!first) return 0;
  const auto written = scenarios::to_xml(*first);
  const auto again = scenarios::parse_scenario_text(written, "fuzz/x.xml", options);
  if (!again || scenarios::to_xml(*again) != written) std::abort();
  return 0;
}
