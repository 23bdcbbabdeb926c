#include <fstream>

#include "scenarios/engine/maker.hpp"
#include "scenarios/engine/steps/openssl_program.hpp"
#include "scenarios/engine/steps/signing.hpp"
#include "scenarios/engine/steps/step_families.hpp"
#include "scenarios/engine/xml_source.hpp"
#include "system/base/base64.hpp"

namespace watchrig::scenarios {

namespace {

base::Result<> make_key(const StepContext& step, const std::string& file) {
  if (step.text("by", "maker") == "forger")
    return run_openssl(step, {"genpkey", "-algorithm", "ed25519", "-out", file});
  std::ofstream(file) << maker_private_key;
  return {};
}

}  // namespace

base::Result<std::string> sign_text(const StepContext& step, const std::string& text) {
  const auto file = [&](std::string_view name) { return step.bench.evidence.path(name).string(); };
  if (auto made = make_key(step, file("maker.pem")); !made) return made.error();
  std::ofstream(file("signed.txt"), std::ios::binary) << text;
  const auto done = run_openssl(step, {"pkeyutl", "-sign", "-rawin", "-inkey", file("maker.pem"), "-in",
                                       file("signed.txt"), "-out", file("signature.bin")});
  if (!done) return done.error();
  const auto signature = read_text_file(file("signature.bin"));
  if (!signature) return signature.error();
  return fmt::format("{}signature: {}\n", text, base::to_base64(*signature));
}

namespace {

Outcome sign(StepContext& step) {
  const auto text = step.filled("text");
  if (!text) return of_author(text.error().message);
  const auto done = sign_text(step, *text);
  if (!done) return failed(done.error().message);
  step.bench.values.put(step.text("as"), std::make_shared<std::string>(*done));
  return {};
}

Outcome plug_dongle(StepContext& step) {
  const auto file = step.bench.evidence.path(dongle_file);
  std::error_code failure;
  if (step.has("serial"))
    std::ofstream(file) << fmt::format("serial: {}\n", step.text("serial"));
  else
    std::filesystem::remove(file, failure);
  return failure ? of_author(failure.message()) : Outcome{};
}

}  // namespace

std::vector<StepDefinition> maker_steps() {
  using enum AttributeKind;
  return {{{"sign",
            Block::none,
            true,
            {{"text", text, true}, {"as", name, true}, {"by", choice, false, "maker|forger"}}},
           sign},
          {{"plug-dongle", Block::none, true, {{"serial", text}}}, plug_dongle}};
}

}  // namespace watchrig::scenarios
