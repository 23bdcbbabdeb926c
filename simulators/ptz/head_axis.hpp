#pragma once

#include "system/base/clock.hpp"

namespace watchrig::ptz {

/// One motor of a head. Its position is a function of the last command and the time. One thread at a time.
class HeadAxis {
 public:
  struct Form {
    double least = 0, most = 1;  ///< of the position, in the axis' own unit
    double fastest = 1;          ///< units a second
    bool endless = false;        ///< what is behind `most` is `least` again
    double first = 0;            ///< where it is to begin with
  };

  explicit HeadAxis(const Form& form) : form_(form), from_(form.first), to_(form.first) {}

  const Form& form() const { return form_; }
  /// For times since the last command; before it, where it was then.
  double at(base::UtcTime time) const;
  bool moving(base::UtcTime time) const { return time < ends_; }
  /// From when on it rests, unless told otherwise.
  base::UtcTime ends() const { return ends_; }

  /// Moves by units a second, at most the fastest, until the limit or `until`.
  void run(double velocity, base::UtcTime now, base::UtcTime until = base::UtcTime::max());
  /// Goes to a position, the nearest that the limits allow, by the shortest way.
  void go(double target, double speed, base::UtcTime now);
  void halt(base::UtcTime now);

 private:
  double bounded(double position) const;

  Form form_;
  double from_, to_;
  double velocity_ = 0;
  base::UtcTime begun_{}, ends_{};
};

}  // namespace watchrig::ptz
