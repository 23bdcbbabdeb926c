#pragma once

#include <vector>

#include "scenarios/engine/step_context.hpp"
#include "scenarios/engine/step_syntax.hpp"

namespace watchrig::scenarios {

/// A verb and what it does.
struct StepDefinition {
  StepSyntax syntax;
  Outcome (*perform)(StepContext&) = nullptr;
};

/// Which stream of a channel; the choices are those of media::stream_names.
constexpr AttributeSyntax stream_attribute{"stream", AttributeKind::choice, false, "main|sub|sub2"};

// One family a file; README.md has the table of all.
std::vector<StepDefinition> device_steps();       ///< add-device, remove-device, expect-connections
std::vector<StepDefinition> recording_steps();    ///< record, expect-recording
std::vector<StepDefinition> wait_steps();         ///< wait, mark, note
std::vector<StepDefinition> event_steps();        ///< expect, wait-event, expect-no
std::vector<StepDefinition> process_steps();      ///< kill, start, stop, delete-index
std::vector<StepDefinition> fault_steps();        ///< fault, clear-faults
std::vector<StepDefinition> rig_steps();          ///< rig-set
std::vector<StepDefinition> network_steps();      ///< expect-loss
std::vector<StepDefinition> view_steps();         ///< view, close-view, expect-view
std::vector<StepDefinition> export_steps();       ///< export, expect-export
std::vector<StepDefinition> state_steps();        ///< expect-channel, expect-metric
std::vector<StepDefinition> response_steps();     ///< expect-response
std::vector<StepDefinition> mail_steps();         ///< expect-mail
std::vector<StepDefinition> message_steps();      ///< expect-message
std::vector<StepDefinition> service_steps();      ///< expect-ledger, expect-listening
std::vector<StepDefinition> certificate_steps();  ///< sign-request
std::vector<StepDefinition> maker_steps();        ///< sign, plug-dongle
std::vector<StepDefinition> upgrade_steps();      ///< upload-upgrade
std::vector<StepDefinition>
host_steps();  ///< plug, plug-volume, serve-dhcp, spoof-arp, renew-cards, expect-…
std::vector<StepDefinition> measure_steps();  ///< measure

}  // namespace watchrig::scenarios
