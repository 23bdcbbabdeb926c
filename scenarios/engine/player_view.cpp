#include <fstream>

#include <fmt/format.h>

#include "scenarios/engine/child_process.hpp"
#include "scenarios/engine/view.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

class PlayerView final : public View {
 public:
  PlayerView(std::unique_ptr<ChildProcess> process, std::filesystem::path progress_file,
             std::filesystem::path log)
      : process_(std::move(process)), progress_file_(std::move(progress_file)), log_(std::move(log)) {}

  Progress progress() const override {
    Progress progress;
    progress.pictures = parse_player_progress(tail_of_file(progress_file_, 30));
    if (const auto exit = process_->exited()) {
      progress.problem = fmt::format("ffmpeg ended with {}: {}", to_string(*exit), tail_of_file(log_, 3));
    }
    return progress;
  }
  std::optional<base::Duration> longest_gap(base::UtcTime, base::UtcTime) const override {
    return std::nullopt;
  }
  std::vector<std::string> digests() const override { return {}; }
  std::vector<double> latencies(base::UtcTime, base::UtcTime) const override { return {}; }

 private:
  std::unique_ptr<ChildProcess> process_;
  std::filesystem::path progress_file_;
  std::filesystem::path log_;
};

}  // namespace

std::uint64_t parse_player_progress(std::string_view text) {
  const auto last = text.rfind("frame=");
  if (last == std::string_view::npos) return 0;
  const auto value = text.substr(last + 6, text.find('\n', last) - last - 6);
  return base::parse_number<std::uint64_t>(base::trim(value)).value_or(0);
}

base::Result<std::unique_ptr<View>> open_player(const ViewOptions& options,
                                                const std::filesystem::path& file) {
  const std::filesystem::path log = file.string() + ".log";
  auto process = ChildProcess::start({
      .command = {"ffmpeg",
                  "-nostdin",
                  "-hide_banner",
                  "-loglevel",
                  "warning",
                  "-stats_period",
                  "0.1",
                  "-progress",
                  file.string(),
                  "-rtsp_transport",
                  options.udp ? "udp" : "tcp",
                  "-i",
                  options.url,
                  "-map",
                  "0:v:0",
                  "-c",
                  "copy",
                  "-f",
                  "null",
                  "-"},
      .error_log = log,
  });
  if (!process) return std::move(process).error();
  return std::unique_ptr<View>(std::make_unique<PlayerView>(*std::move(process), file, log));
}

}  // namespace watchrig::scenarios
