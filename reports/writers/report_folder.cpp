#include "reports/writers/report_folder.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>

#include "reports/model/report_json.hpp"
#include "reports/writers/html_report.hpp"
#include "reports/writers/junit_report.hpp"

namespace watchrig::reports {

namespace fs = std::filesystem;

namespace {

/// Whole or not at all: written beside the target and renamed.
base::Result<> write_file(const fs::path& file, const std::string& text) {
  const fs::path beside = file.string() + ".part";
  errno = 0;
  std::ofstream output(beside, std::ios::binary);
  output << text;
  output.close();
  if (!output) return base::os_error("write", beside.string(), errno);
  std::error_code failure;
  fs::rename(beside, file, failure);
  if (failure) return base::os_error("rename to", file.string(), failure.value());
  return {};
}

}  // namespace

base::Result<> write_report(const RunRecord& run, const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) return base::os_error("make report folder", folder.string(), failure.value());
  auto written = write_file(folder / "report.json", to_json(run));
  if (written) written = write_file(folder / "junit.xml", to_junit(run));
  if (written) written = write_file(folder / "index.html", to_html(run, folder));
  return written;
}

base::Result<RunRecord> read_report(const fs::path& folder_or_file) {
  const fs::path file = fs::is_directory(folder_or_file) ? folder_or_file / "report.json" : folder_or_file;
  errno = 0;
  std::ifstream input(file, std::ios::binary);
  if (!input) return base::os_error("read report", file.string(), errno);
  std::ostringstream text;
  text << input.rdbuf();
  auto run = parse_report(text.str());
  if (!run) return base::Error(run.error()).within(file.string());
  return run;
}

}  // namespace watchrig::reports
