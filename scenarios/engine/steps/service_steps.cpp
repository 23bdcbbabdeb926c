#include <boost/json/serialize.hpp>

#include "scenarios/engine/process_ports.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

constexpr auto default_within = std::chrono::seconds(5);

/// What is wrong with the ledger of a service as text.
std::string ledger_complaint(const StepContext& step, const std::string& contains, const std::string& lacks) {
  const auto ledger = step.bench.rig()->service_ledger(step.text("device"), "");
  if (!ledger) return ledger.error().message;
  const auto text = boost::json::serialize(*ledger);
  if (text.find(contains) == std::string::npos) return fmt::format("lacks \"{}\": {}", contains, text);
  if (!lacks.empty() && text.find(lacks) != std::string::npos)
    return fmt::format("has \"{}\": {}", lacks, text);
  return {};
}

Outcome expect_ledger(StepContext& step) {
  if (auto checked = step.check_virtual(step.text("device")); checked.verdict != reports::Verdict::pass)
    return checked;
  const auto contains = step.filled("contains");
  if (!contains) return of_author(contains.error().message);
  const auto lacks = step.filled("lacks");
  if (!lacks) return of_author(lacks.error().message);
  std::string wrong;
  const bool met = step.wait_for(step.deadline(default_within), [&] {
    wrong = ledger_complaint(step, *contains, *lacks);
    return wrong.empty();
  });
  return met ? Outcome{} : failed(fmt::format("the ledger of {} {}", step.text("device"), wrong));
}

std::string counted(std::string_view kind, const std::set<std::uint16_t>& ports) {
  return fmt::format("{} {} ports ({})", ports.size(), kind, fmt::join(ports, ", "));
}

Outcome expect_listening(StepContext& step) {
  Ports ports;
  add_ports_of(step.bench.vms.pid(), ports);
  const auto what = counted("TCP", ports.tcp) + " and " + counted("UDP", ports.udp);
  const bool as_wanted = static_cast<double>(ports.tcp.size()) == step.number("tcp").value_or(0) &&
                         static_cast<double>(ports.udp.size()) == step.number("udp").value_or(0);
  return as_wanted ? passed_with("vmsd has " + what) : failed("vmsd has " + what);
}

}  // namespace

std::vector<StepDefinition> service_steps() {
  using enum AttributeKind;
  return {
      {{"expect-ledger",
        Block::none,
        false,
        {{"device", name, true}, {"contains", text}, {"lacks", text}, {"within", duration}}},
       expect_ledger},
      {{"expect-listening", Block::none, false, {{"tcp", count, true}, {"udp", count, true}}},
       expect_listening},
  };
}

}  // namespace watchrig::scenarios
