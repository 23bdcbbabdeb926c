#include "simulators/services/service_device.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::services {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using kernel::Fault;
using kernel::Verb;

Result<ServicePlan> plan_service(kernel::XmlAttributes& attributes) {
  ServicePlan plan;
  auto id = attributes.required("id");
  if (!id) return id.error();
  plan.id = std::move(*id);
  const auto port = attributes.integer("port", 0, 0, 65535);
  if (!port) return port.error();
  plan.port = static_cast<std::uint16_t>(*port);
  return plan;
}

std::optional<Fault> ServiceDevice::in_force(Verb verb, std::string_view what) const {
  const auto active = board_.active();
  const auto found = std::ranges::find_if(active, [&](const Fault& fault) {
    return fault.verb == verb && (what.empty() || fault.what == what) && fault.covers({}, clock_.now());
  });
  if (found == active.end()) return std::nullopt;
  return *found;
}

Result<json::object> ServiceDevice::inject(const json::value& fault) {
  const auto parsed = kernel::parse_fault(fault, forms_);
  if (!parsed) return parsed.error();
  const auto begun = board_.begin(*parsed);
  if (!begun) return begun.error();
  if (begun->verb == Verb::reset) {
    reset_connections();
    board_.end(begun->id);
  }
  return kernel::to_json(*begun);
}

Result<void> ServiceDevice::withdraw(std::string_view fault_id) {
  if (board_.end(fault_id)) return {};
  return Error{ErrorKind::not_found, fmt::format("no fault \"{}\" is in force", fault_id)};
}

std::size_t ServiceDevice::withdraw_all() {
  std::size_t ended = 0;
  for (const auto& fault : board_.active()) ended += board_.end(fault.id) ? 1 : 0;
  return ended;
}

json::object ServiceDevice::faults() const {
  for (const auto& fault : board_.active()) {
    if (fault.end && *fault.end <= clock_.now()) board_.end(fault.id);
  }
  return board_.to_json();
}

}  // namespace watchrig::services
