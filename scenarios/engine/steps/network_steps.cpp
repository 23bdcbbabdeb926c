#include <boost/json.hpp>

#include "scenarios/engine/condition.hpp"
#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

constexpr auto default_within = std::chrono::seconds(5);

/// Packets of a stream that faults harmed, by the ledger of the camera.
base::Result<std::uint64_t> harmed_packets(const StepContext& step, const Channel& channel,
                                           const std::string& stream) {
  const auto ledger = step.bench.rig()->ledger(channel.device, channel.rig_stream(stream), step.bench.begin,
                                               step.bench.clock.now());
  if (!ledger) return ledger.error();
  std::uint64_t harmed = 0;
  for (const auto& unit : *ledger) harmed += unit.harmed;
  return harmed;
}

/// vmsd must have counted exactly the packets that the rig lost on the way to it, and blame nobody else for
/// them.
Outcome expect_loss(StepContext& step) {
  const auto channel = step.bench.channels.find(step.text("channel"));
  if (!channel) return of_author(fmt::format("no channel \"{}\" was added", step.text("channel")));
  if (auto checked = step.check_virtual(channel->device); checked.verdict != reports::Verdict::pass)
    return checked;
  const auto stream = step.text("stream", "main");
  const auto path = "/api/v1/channels/" + http::percent_encode(channel->id);
  std::string finding;
  std::optional<base::Error> broken;
  const auto agree = [&] {
    const auto harmed = harmed_packets(step, *channel, stream);
    if (!harmed) {
      broken = harmed.error();
      return true;
    }
    const auto answer = step.bench.vms.api().json("GET", path);
    const auto* lost = answer ? at_pointer(*answer, fmt::format("/streams/{}/rtp/lost", stream)) : nullptr;
    boost::json::error_code error;
    const auto counted = lost ? lost->to_number<std::uint64_t>(error) : 0;
    finding = fmt::format("the rig harmed {} packets of {}, vmsd counts {}", *harmed, channel->name, counted);
    return lost && !error && *harmed > 0 && counted == *harmed;
  };
  const bool met = step.wait_for(step.deadline(default_within), agree);
  if (broken) return of_rig(*broken);
  return met ? passed_with(finding) : failed(finding);
}

}  // namespace

std::vector<StepDefinition> network_steps() {
  using enum AttributeKind;
  return {
      {{"expect-loss", Block::none, false, {{"channel", name, true}, stream_attribute, {"within", duration}}},
       expect_loss},
  };
}

}  // namespace watchrig::scenarios
