#include <filesystem>

#include "scenarios/engine/condition.hpp"
#include "scenarios/engine/steps/step_families.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

/// Every role runs in one process so far, so whichever is named, that process is meant.
constexpr std::string_view roles = "all|central|storage|analytics|alarms|decode";

void note_on_timeline(StepContext& step, std::string what, reports::Tone tone) {
  step.bench.chronicle.add({.lane = "vmsd",
                            .text = std::move(what),
                            .begin = step.bench.clock.now(),
                            .end = {},
                            .tone = tone,
                            .detail = ""});
}

Outcome kill(StepContext& step) {
  note_on_timeline(step, "SIGKILL", reports::Tone::bad);
  const auto done = step.bench.vms.kill();
  return done ? Outcome{} : of_author(done.error().message);
}

Outcome stop(StepContext& step) {
  const bool over_http = step.text("over") == "http";
  note_on_timeline(step, over_http ? "shutdown" : "SIGTERM", reports::Tone::warning);
  const auto done = over_http ? step.bench.vms.shut_down() : step.bench.vms.stop();
  if (done) return {};
  return done.error().kind == base::ErrorKind::conflict ? of_author(done.error().message)
                                                        : of_vms(done.error());
}

Outcome start(StepContext& step) {
  const auto settings = step.text("settings");
  for (const auto setting : base::split(settings, ' ')) {
    if (setting.empty()) continue;
    if (setting.find('=') == std::string_view::npos)
      return of_author(fmt::format("settings: \"{}\" is not name=value", setting));
    step.bench.vms.append({"--set", std::string(setting)});
  }
  const auto done = step.bench.vms.start();
  if (!done && done.error().kind == base::ErrorKind::conflict) return of_author(done.error().message);
  if (!done) return of_vms(done.error());
  note_on_timeline(step, "ready", reports::Tone::good);
  return {};
}

constexpr auto restart_patience = std::chrono::seconds(30);

Outcome expect_restart(StepContext& step) {
  base::Result<bool> renewed = false;
  const auto over = [&] {
    renewed = step.bench.vms.renew();
    return !renewed || *renewed;
  };
  step.wait_for(step.deadline(restart_patience), over);
  if (!renewed) return of_vms(renewed.error());
  if (!*renewed) return failed("vmsd has not started again");
  const auto since = step.moment("since", step.bench.begin);
  if (!since) return of_author(since.error().message);
  const auto state = step.bench.vms.api().json("GET", "/api/v1/system");
  if (!state) return of_vms(state.error());
  const auto* started = at_pointer(*state, "/started");
  const auto time = base::parse_utc(started && started->is_string() ? started->get_string() : "");
  if (!time) return failed("vmsd does not say since when it runs");
  if (*time < *since) return failed(fmt::format("vmsd says that it runs since {}", base::format_utc(*time)));
  note_on_timeline(step, "restarted", reports::Tone::good);
  return {};
}

/// The database of a volume, and what SQLite keeps beside it.
bool is_index_file(const std::filesystem::path& file) {
  return file.filename().string().starts_with("index.sqlite");
}

Outcome delete_index(StepContext& step) {
  if (step.bench.vms.running()) return of_author("<delete-index> while vmsd runs; stop or kill it first");
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (std::filesystem::recursive_directory_iterator it(step.bench.data_folder(), error), end;
       !error && it != end; it.increment(error)) {
    if (is_index_file(it->path())) found.push_back(it->path());
  }
  if (error) return of_author(fmt::format("{}: {}", step.bench.data_folder().string(), error.message()));
  if (found.empty()) return failed("there is no index in the data folder of vmsd");
  for (const auto& file : found) std::filesystem::remove(file, error);
  return error ? of_author(error.message()) : passed_with(fmt::format("{} files removed", found.size()));
}

}  // namespace

std::vector<StepDefinition> process_steps() {
  using enum AttributeKind;
  const std::vector<AttributeSyntax> which{{"role", choice, false, roles},
                                           {"program", choice, false, "vmsd"}};
  auto ways_to_start = which;
  ways_to_start.push_back({"settings", text});
  auto ways_to_stop = which;
  ways_to_stop.push_back({"over", choice, false, "signal|http"});
  return {
      {{"kill", Block::none, true, which}, kill},
      {{"start", Block::none, true, ways_to_start}, start},
      {{"stop", Block::none, true, ways_to_stop}, stop},
      {{"expect-restart", Block::none, true, {{"within", duration}, {"since", moment}}}, expect_restart},
      {{"delete-index", Block::none, true, {}}, delete_index},
  };
}

}  // namespace watchrig::scenarios
