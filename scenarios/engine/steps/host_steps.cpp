#include "scenarios/engine/host_cards.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

constexpr auto default_within = std::chrono::seconds(5);

Outcome no_cards() { return of_author("the scenario gives vmsd no cards: <server cards=\"lan1 …\"/>"); }

Outcome plug(StepContext& step) {
  HostCards* cards = step.bench.cards();
  if (!cards) return no_cards();
  const auto done = cards->plug(step.text("card"), step.text("cable") == "in");
  return done ? Outcome{} : of_author(done.error().message);
}

/// As if the disk were pulled, or unmounted: files that are open stay so, their folder is gone.
Outcome plug_volume(StepContext& step) {
  const auto name = step.text("volume");
  const auto folder = step.bench.volume(name);
  if (folder.empty())
    return of_author(
        fmt::format("the scenario gives vmsd no volume {}: <server volumes=\"{} …\"/>", name, name));
  const auto disk = folder.parent_path();
  auto pulled = disk;
  pulled += ".pulled";
  const bool in = step.text("cable") == "in";
  std::error_code failure;
  std::filesystem::rename(in ? pulled : disk, in ? disk : pulled, failure);
  return failure ? of_author(fmt::format("volume {}: {}", name, failure.message())) : Outcome{};
}

Outcome renew_cards(StepContext& step) {
  HostCards* cards = step.bench.cards();
  if (!cards) return no_cards();
  if (step.bench.vms.running()) return of_author("<renew-cards> while vmsd runs; stop or kill it first");
  const auto done = cards->renew();
  return done ? Outcome{} : of_rig(done.error());
}

Outcome serve_dhcp(StepContext& step) {
  HostCards* cards = step.bench.cards();
  if (!cards) return no_cards();
  const auto served = cards->serve_dhcp(step.text("card"), step.text("server"), step.text("lease"),
                                        step.bench.evidence.path(""));
  return served ? Outcome{} : of_rig(served.error());
}

Outcome spoof_arp(StepContext& step) {
  HostCards* cards = step.bench.cards();
  if (!cards) return no_cards();
  const auto done = cards->spoof(step.text("card"), step.text("address"), step.text("mac"));
  return done ? Outcome{} : of_author(done.error().message);
}

Outcome expect_cards(StepContext& step) {
  HostCards* cards = step.bench.cards();
  if (!cards) return no_cards();
  const auto contains = step.filled("contains");
  if (!contains) return of_author(contains.error().message);
  std::string printed;
  const bool met = step.wait_for(step.deadline(default_within), [&] {
    const auto shown = cards->show(step.text("show"));
    printed = shown ? *shown : shown.error().message;
    return shown && printed.find(*contains) != std::string::npos &&
           (!step.has("lacks") || printed.find(step.text("lacks")) == std::string::npos);
  });
  const auto what = fmt::format("ip {} prints {}", step.text("show"), printed.substr(0, 600));
  return met ? passed_with(what) : failed(what);
}

Outcome expect_port(StepContext& step) {
  HostCards* cards = step.bench.cards();
  if (!cards) return no_cards();
  const bool wanted = step.text("is") == "open";
  const auto port = static_cast<std::uint16_t>(step.number("port").value_or(0));
  std::string problem;
  const bool met = step.wait_for(step.deadline(default_within), [&] {
    const auto listens = cards->listens(step.text("address"), port);
    if (!listens) problem = listens.error().message;
    return listens && *listens == wanted;
  });
  if (met) return {};
  return failed(
      fmt::format("port {} of {} is not {} {}", port, step.text("address"), step.text("is"), problem));
}

}  // namespace

std::vector<StepDefinition> host_steps() {
  using enum AttributeKind;
  return {
      {{"plug", Block::none, true, {{"card", name, true}, {"cable", choice, true, "in|out"}}}, plug},
      {{"plug-volume", Block::none, true, {{"volume", name, true}, {"cable", choice, true, "in|out"}}},
       plug_volume},
      {{"serve-dhcp",
        Block::none,
        true,
        {{"card", name, true}, {"server", text, true}, {"lease", text, true}}},
       serve_dhcp},
      {{"spoof-arp", Block::none, true, {{"card", name, true}, {"address", text, true}, {"mac", text, true}}},
       spoof_arp},
      {{"renew-cards", Block::none, true, {}}, renew_cards},
      {{"expect-cards",
        Block::none,
        false,
        {{"show", text, true}, {"contains", text}, {"lacks", text}, {"within", duration}}},
       expect_cards},
      {{"expect-port",
        Block::none,
        false,
        {{"address", text, true},
         {"port", count, true},
         {"is", choice, true, "open|closed"},
         {"within", duration}}},
       expect_port},
  };
}

}  // namespace watchrig::scenarios
