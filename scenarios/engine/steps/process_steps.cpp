#include <filesystem>

#include "scenarios/engine/steps/step_families.hpp"

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
  note_on_timeline(step, "SIGTERM", reports::Tone::warning);
  const auto done = step.bench.vms.stop();
  if (done) return {};
  return done.error().kind == base::ErrorKind::conflict ? of_author(done.error().message)
                                                        : of_vms(done.error());
}

Outcome start(StepContext& step) {
  const auto done = step.bench.vms.start();
  if (!done && done.error().kind == base::ErrorKind::conflict) return of_author(done.error().message);
  if (!done) return of_vms(done.error());
  note_on_timeline(step, "ready", reports::Tone::good);
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
  return {
      {{"kill", Block::none, true, which}, kill},
      {{"start", Block::none, true, which}, start},
      {{"stop", Block::none, true, which}, stop},
      {{"delete-index", Block::none, true, {}}, delete_index},
  };
}

}  // namespace watchrig::scenarios
