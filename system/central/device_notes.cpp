#include "system/central/device_notes.hpp"

#include <algorithm>
#include <span>

#include "system/base/correlation.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

namespace json = boost::json;
using platform::Message;

namespace {

/// ONVIF Core, 8.3.
constexpr std::string_view reboot = "tds:SystemReboot";
/// Of events, which go on all the time.
constexpr std::string_view subscriptions[] = {"tev:", "wsnt:"};
/// How the names of operations begin that change something.
constexpr std::string_view changes[] = {"Set", "Create", "Delete", "Remove", "Add", "Modify", "Operate"};

bool begins_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [text](std::string_view one) { return text.starts_with(one); });
}

bool is_change(std::string_view operation) {
  operation.remove_prefix(operation.find(':') + 1);
  return begins_with_any(operation, changes);
}

}  // namespace

Message DeviceNotes::begin(Message message, std::string correlation) {
  message.correlation = correlation.empty() ? base::new_correlation() : std::move(correlation);
  if (bus_) bus_->note(message, "sent");
  return message;
}

void DeviceNotes::answered(const Message& sent, const base::Result<json::object>& answer) {
  if (!bus_) return;
  bus_->note(platform::answer_to(sent, answer ? *answer : json::object()),
             answer ? "sent" : "failed: " + answer.error().message);
}

DeviceNotes::Watch DeviceNotes::watch(std::string device, std::string correlation) {
  const bool caused = !correlation.empty();
  return watch(std::move(device), std::move(correlation), caused);
}

DeviceNotes::Watch DeviceNotes::watch_changes(std::string device, std::string correlation) {
  return watch(std::move(device), std::move(correlation), false);
}

DeviceNotes::Watch DeviceNotes::watch(std::string device, std::string correlation, bool questions) {
  return [this, device = std::move(device), correlation = std::move(correlation),
          questions](const std::string& operation) -> Answered {
    const bool changing = is_change(operation) || operation == reboot;
    if (begins_with_any(operation, subscriptions) || (!changing && !questions)) return {};
    auto message = operation == reboot ? sent(device, correlation, platform::ResetDevice{operation})
                   : changing          ? sent(device, correlation, platform::SetPuParams{operation})
                                       : sent(device, correlation, platform::QueryPuParams{operation});
    return [this, message = std::move(message)](const base::Result<>& done) {
      answered(message,
               done ? base::Result<json::object>(json::object()) : base::Result<json::object>(done.error()));
    };
  };
}

}  // namespace watchrig::central
