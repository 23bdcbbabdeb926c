#include "simulators/ptz/mechanical_head.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace watchrig::ptz {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

Error no_preset(unsigned number) {
  return {ErrorKind::not_found, fmt::format("the head has no preset {}", number)};
}

double& part(HeadPosition& position, HeadMotor motor) {
  switch (motor) {
    case HeadMotor::pan:
      return position.pan;
    case HeadMotor::tilt:
      return position.tilt;
    case HeadMotor::zoom:
      return position.zoom;
    case HeadMotor::focus:
      return position.focus;
    case HeadMotor::iris:
      break;
  }
  return position.iris;
}

}  // namespace

MechanicalHead::MechanicalHead(const Form& form, const base::Clock& clock)
    : form_(form),
      clock_(clock),
      axes_{HeadAxis(form.pan), HeadAxis(form.tilt), HeadAxis(form.zoom), HeadAxis(form.focus),
            HeadAxis(form.iris)},
      home_{form.pan.first, form.tilt.first, form.zoom.first, form.focus.first, form.iris.first} {
  for (const auto& name : form_.auxiliaries) auxiliaries_[name] = false;
}

HeadPosition MechanicalHead::read(base::UtcTime time) const {
  HeadPosition position;
  for (const auto motor : head_motors) part(position, motor) = axis(motor).at(time);
  return position;
}

HeadPosition MechanicalHead::at(base::UtcTime time) const {
  const std::lock_guard lock(mutex_);
  settle(time);
  return read(time);
}

double MechanicalHead::view_degrees(double zoom) const {
  return form_.wide_degrees / std::pow(form_.magnification, std::clamp(zoom, 0.0, 1.0));
}

bool MechanicalHead::moving(HeadMotor motor) const {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  return axis(motor).moving(now);
}

base::UtcTime MechanicalHead::begin_command() {
  const auto now = clock_.now();
  settle(now);
  if (running_) end_tour(now);
  return now;
}

void MechanicalHead::run(HeadMotor motor, double velocity, std::optional<base::Duration> life) {
  const std::lock_guard lock(mutex_);
  const auto now = begin_command();
  auto& moved = axis(motor);
  moved.run(velocity * moved.form().fastest, now, life ? now + *life : base::UtcTime::max());
}

void MechanicalHead::go(HeadMotor motor, double target, double speed) {
  const std::lock_guard lock(mutex_);
  const auto now = begin_command();
  auto& moved = axis(motor);
  moved.go(target, speed * moved.form().fastest, now);
}

void MechanicalHead::halt(HeadMotor motor) {
  const std::lock_guard lock(mutex_);
  const auto now = begin_command();
  axis(motor).halt(now);
}

void MechanicalHead::halt_all() {
  const std::lock_guard lock(mutex_);
  const auto now = begin_command();
  for (auto& one : axes_) one.halt(now);
}

void MechanicalHead::drive(const HeadPosition& target, double speed, base::UtcTime time) const {
  auto wanted = target;
  for (const auto motor : head_motors) {
    auto& moved = axis(motor);
    moved.go(part(wanted, motor), speed * moved.form().fastest, time);
  }
}

std::map<unsigned, HeadPreset> MechanicalHead::presets() const {
  const std::lock_guard lock(mutex_);
  return presets_;
}

Result<unsigned> MechanicalHead::keep_preset(unsigned number, std::string name) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  if (number == 0) {
    for (number = 1; presets_.contains(number);) ++number;
  }
  if (number > form_.presets) {
    return Error{ErrorKind::full, fmt::format("the head keeps at most {} presets", form_.presets)};
  }
  presets_[number] = {std::move(name), read(now)};
  return number;
}

Result<> MechanicalHead::forget_preset(unsigned number) {
  const std::lock_guard lock(mutex_);
  if (presets_.erase(number) == 0) return no_preset(number);
  return {};
}

Result<> MechanicalHead::go_to_preset(unsigned number, double speed) {
  const std::lock_guard lock(mutex_);
  const auto found = presets_.find(number);
  if (found == presets_.end()) return no_preset(number);
  drive(found->second.position, speed, begin_command());
  return {};
}

void MechanicalHead::go_home(double speed) {
  const std::lock_guard lock(mutex_);
  drive(home_, speed, begin_command());
}

void MechanicalHead::forget() {
  const std::lock_guard lock(mutex_);
  end_tour(clock_.now());
  presets_.clear();
  tours_.clear();
  home_ = {form_.pan.first, form_.tilt.first, form_.zoom.first, form_.focus.first, form_.iris.first};
  for (auto& auxiliary : auxiliaries_) auxiliary.second = false;
  // It looks where it looked, but its lens is left to itself.
  axis(HeadMotor::focus) = HeadAxis(form_.focus);
  axis(HeadMotor::iris) = HeadAxis(form_.iris);
}

void MechanicalHead::set_home() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  home_ = read(now);
}

bool MechanicalHead::switch_auxiliary(std::string_view name, bool on) {
  const std::lock_guard lock(mutex_);
  const auto found = auxiliaries_.find(name);
  if (found == auxiliaries_.end()) return false;
  found->second = on;
  return true;
}

std::map<std::string, bool, std::less<>> MechanicalHead::auxiliaries() const {
  const std::lock_guard lock(mutex_);
  return auxiliaries_;
}

}  // namespace watchrig::ptz
