#include "simulators/ptz/head_axis.hpp"

#include <algorithm>
#include <cmath>

namespace watchrig::ptz {

namespace {

/// Longer than any movement is watched; more would not fit into a duration.
constexpr double longest_seconds = 1e6;

base::Duration seconds(double count) {
  return std::chrono::duration_cast<base::Duration>(
      std::chrono::duration<double>(std::clamp(count, 0.0, longest_seconds)));
}

double seconds_between(base::UtcTime from, base::UtcTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

double HeadAxis::bounded(double position) const {
  if (!form_.endless) return std::clamp(position, form_.least, form_.most);
  const double round = form_.most - form_.least;
  return position - round * std::floor((position - form_.least) / round);
}

double HeadAxis::at(base::UtcTime time) const {
  if (time >= ends_) return to_;
  return bounded(from_ + velocity_ * seconds_between(begun_, std::max(time, begun_)));
}

void HeadAxis::run(double velocity, base::UtcTime now, base::UtcTime until) {
  from_ = at(now);
  begun_ = now;
  velocity_ = std::clamp(velocity, -form_.fastest, form_.fastest);
  ends_ = now;
  to_ = from_;
  if (velocity_ == 0 || until <= now) return;
  auto span = std::min<base::Duration>(until - now, seconds(longest_seconds));
  const double limit = velocity_ > 0 ? form_.most : form_.least;
  if (!form_.endless) span = std::min(span, seconds((limit - from_) / velocity_));
  ends_ = now + span;
  to_ = bounded(from_ + velocity_ * std::chrono::duration<double>(span).count());
  if (!form_.endless && std::abs(to_ - limit) < 1e-6) to_ = limit;
}

void HeadAxis::go(double target, double speed, base::UtcTime now) {
  from_ = at(now);
  begun_ = now;
  to_ = bounded(target);
  double way = to_ - from_;
  const double round = form_.most - form_.least;
  if (form_.endless && std::abs(way) > round / 2) way -= std::copysign(round, way);
  const double taken = std::clamp(std::abs(speed), form_.fastest / 1000, form_.fastest);
  velocity_ = std::copysign(taken, way);
  ends_ = now + seconds(std::abs(way) / taken);
}

void HeadAxis::halt(base::UtcTime now) {
  from_ = to_ = at(now);
  begun_ = ends_ = now;
  velocity_ = 0;
}

}  // namespace watchrig::ptz
