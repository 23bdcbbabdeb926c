#include "reports/model/report_json.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include "reports/model/record_codec.hpp"

namespace watchrig::reports {
namespace {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;

/// Deeper than any scenario nests its steps; a hostile file must not use up the stack.
constexpr std::size_t max_depth = 64;

json::object summary(const RunRecord& run) {
  json::object counts;
  for (const auto& [verdict, count] : count_verdicts(run)) counts[to_string(verdict)] = count;
  return {{"verdict", to_string(overall_verdict(run))},
          {"scenarios", run.scenarios.size()},
          {"counts", std::move(counts)}};
}

/// One scenario a line: a report stays readable by line-wise tools without being twice as large.
std::string lay_out(const json::object& report) {
  std::string text = "{\n";
  for (const auto& field : report) {
    if (&field != &*report.begin()) text += ",\n";
    text += json::serialize(json::string(field.key())) + ": ";
    if (field.key() != "scenarios" || field.value().get_array().empty()) {
      text += json::serialize(field.value());
      continue;
    }
    const json::array& scenarios = field.value().get_array();
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
      text += (i == 0 ? "[\n" : ",\n") + json::serialize(scenarios[i]);
    }
    text += "\n]";
  }
  return text + "\n}\n";
}

}  // namespace

std::string to_json(const RunRecord& run) {
  json::object report{{"format", "watchrig-report"}, {"version", report_version}, {"summary", summary(run)}};
  const json::value fields = codec::write(run);
  for (const auto& field : fields.get_object()) report.insert(field);
  return lay_out(report);
}

base::Result<RunRecord> parse_report(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = max_depth;
  json::stream_parser parser({}, options);
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error || read != text.size()) {
    return Error{ErrorKind::corrupt,
                 fmt::format("not JSON: {} at byte {} of {} (was it written completely?)",
                             error ? error.message() : "text behind the end", read, text.size())};
  }
  const json::value value = parser.release();
  const json::object* object = value.if_object();
  const json::value* format = object ? object->if_contains("format") : nullptr;
  if (!format || *format != json::value("watchrig-report")) {
    return Error{ErrorKind::invalid, "not a report: field \"format\" is not \"watchrig-report\""};
  }
  const json::value* version = object->if_contains("version");
  if (!version || *version != json::value(report_version)) {
    return Error{ErrorKind::unsupported,
                 fmt::format("report version {} cannot be read here, only version {}",
                             version ? json::serialize(*version) : "(none)", report_version)};
  }
  RunRecord run;
  codec::Reader reader;
  if (!codec::read(reader, value, run)) {
    return Error{ErrorKind::invalid, fmt::format("{}: {}", reader.path, reader.problem)};
  }
  return run;
}

}  // namespace watchrig::reports
