#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/kernel/fault_board.hpp"
#include "simulators/kernel/virtual_device.hpp"
#include "simulators/kernel/xml_file.hpp"

namespace watchrig::services {

/// What a rig file says of a service, and how it is made; everything runs on the executor, which serves one
/// thing at a time.
struct ServicePlan {
  std::string id;
  std::uint16_t port = 0;  ///< on the loopback interface; 0: any free one
  std::function<std::shared_ptr<kernel::VirtualDevice>(const base::Clock&, boost::asio::any_io_executor)>
      make;
};

/// Id and port of a service, which each has.
base::Result<ServicePlan> plan_service(kernel::XmlAttributes& attributes);

/// The faults of a service, which are the same for all of them.
class ServiceDevice : public kernel::VirtualDevice {
 public:
  const std::string& id() const override { return id_; }
  base::Result<boost::json::object> inject(const boost::json::value& fault) override;
  base::Result<void> withdraw(std::string_view fault_id) override;
  std::size_t withdraw_all() override;
  boost::json::object faults() const override;

 protected:
  ServiceDevice(std::string id, const base::Clock& clock, kernel::FaultForms forms)
      : id_(std::move(id)), clock_(clock), forms_(std::move(forms)), board_(clock) {}

  /// The oldest fault of this kind that holds now.
  std::optional<kernel::Fault> in_force(kernel::Verb verb, std::string_view what = {}) const;
  /// Of a fault `reset`; any thread.
  virtual void reset_connections() {}

  const std::string id_;
  const base::Clock& clock_;

 private:
  const kernel::FaultForms forms_;
  mutable kernel::FaultBoard board_;
};

}  // namespace watchrig::services
