#pragma once

#include <memory>

#include "system/devices/onvif/onvif_imaging.hpp"
#include "system/devices/ptz_head.hpp"

namespace watchrig::devices {

/// The focus and iris of a camera's lens, by its imaging service (ONVIF Imaging 5.1), whether it has a head
/// or not. What it can do is asked once. One executor, one command at a time.
class OnvifLens {
 public:
  using Fill = OnvifClient::Fill;
  /// The clock outlives it.
  OnvifLens(const base::Clock& clock, OnvifClient::Options device, std::uint32_t channel)
      : clock_(clock), device_(std::move(device)), channel_(channel) {}

  /// Of the abilities, focus and iris.
  PtzHead::Answer<> add_abilities(PtzAbilities& can);

  /// -1 (near) to 1 (far) of the fastest, until it is stopped: ONVIF knows no life of this movement.
  PtzHead::Answer<> run_focus(double velocity);
  /// Nothing is asked when it does not run.
  PtzHead::Answer<> stop_focus();
  bool focus_runs() const { return focus_runs_; }
  /// -1 to 1 of the farthest step that the device has.
  PtzHead::Answer<> step_focus(double way);
  /// Opens it by a part of what it can, or closes it by a negative one; from then on the exposure is manual.
  PtzHead::Answer<> step_iris(double part);

 private:
  struct Ready {
    OnvifClient client;  ///< copied for each question, since one asks one at a time
    OnvifImaging imaging;
    std::optional<NumberRange<double>> speeds, distances;
    Ability iris = Ability::unknown;
  };

  PtzHead::Answer<std::shared_ptr<Ready>> ready();
  PtzHead::Answer<protocols::SoapMessage> ask(std::string operation, Fill fill);
  PtzHead::Answer<> move(const char* kind, const char* element, double value);

  const base::Clock& clock_;
  const OnvifClient::Options device_;
  const std::uint32_t channel_;
  std::shared_ptr<Ready> ready_;
  bool focus_runs_ = false;
};

}  // namespace watchrig::devices
