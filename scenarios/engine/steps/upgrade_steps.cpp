#include <filesystem>
#include <fstream>

#include "scenarios/engine/steps/openssl_program.hpp"
#include "scenarios/engine/steps/signing.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::string_view version_mark = "watchrig-version=";
constexpr std::size_t piece_bytes = 1 << 20;
constexpr std::size_t digest_digits = 64;

base::Result<std::string> bytes_of(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  if (input) return std::string{std::istreambuf_iterator<char>(input), {}};
  return base::Error{base::ErrorKind::not_found, fmt::format("{} cannot be read", file.string())};
}

/// The vmsd under test with another version of the same length in it.
base::Result<std::string> program_of(const StepContext& step, const std::string& version) {
  auto program = bytes_of(step.bench.program());
  if (!program) return program;
  const auto mark = program->find(version_mark);
  if (mark == std::string::npos)
    return base::Error{base::ErrorKind::unsupported, "this vmsd has no mark of its version"};
  program->replace(mark + version_mark.size(), version.size(), version);
  return program;
}

base::Result<std::string> sha256_of(const StepContext& step, const std::string& content) {
  const auto file = [&](std::string_view name) { return step.bench.evidence.path(name).string(); };
  std::ofstream(file("upgrade.program"), std::ios::binary) << content;
  const auto done =
      run_openssl(step, {"dgst", "-sha256", "-r", "-out", file("upgrade.sha256"), file("upgrade.program")});
  if (!done) return done.error();
  std::filesystem::remove(file("upgrade.program"));
  auto line = bytes_of(file("upgrade.sha256"));
  if (line) line->resize(std::min(line->size(), digest_digits));
  return line;
}

base::Result<std::string> package_of(const StepContext& step) {
  const auto version = step.text("version");
  const auto program = program_of(step, version);
  if (!program) return program;
  const auto digest = sha256_of(step, *program);
  if (!digest) return digest;
  const auto beginning =
      sign_text(step, fmt::format("WATCHRIG-UPGRADE 1\nkind: {}\nversion: {}\nfile: {} {} vmsd\n",
                                  step.text("kind", "update"), version, program->size(), *digest));
  if (!beginning) return beginning;
  auto package = *beginning + *program;
  const auto defect = step.text("defect");
  if (defect == "cut-short") package.pop_back();
  if (defect == "flipped-bit") package.back() = static_cast<char>(package.back() ^ 1);
  return package;
}

Outcome upload_upgrade(StepContext& step) {
  const auto package = package_of(step);
  if (!package) return of_author(package.error().message);
  const auto client = step.bench.vms.api();
  for (std::size_t at = 0; at < package->size(); at += piece_bytes) {
    const auto answer = client.request(
        "PUT", fmt::format("/api/v1/system/uploads/{}?offset={}", step.text("kind", "update"), at),
        package->substr(at, piece_bytes));
    if (!answer) return of_vms(answer.error());
    if (answer->status != 200)
      return failed(fmt::format("a piece of the upload is answered {}", answer->status));
  }
  return passed_with(fmt::format("{} bytes", package->size()));
}

}  // namespace

std::vector<StepDefinition> upgrade_steps() {
  using enum AttributeKind;
  return {{{"upload-upgrade",
            Block::none,
            true,
            {{"version", text, true},
             {"kind", choice, false, "update|system"},
             {"by", choice, false, "maker|forger"},
             {"defect", choice, false, "cut-short|flipped-bit"}}},
           upload_upgrade}};
}

}  // namespace watchrig::scenarios
