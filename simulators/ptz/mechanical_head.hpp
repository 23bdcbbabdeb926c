#pragma once

#include <array>
#include <deque>
#include <map>
#include <mutex>

#include "simulators/ptz/head_axis.hpp"
#include "simulators/ptz/head_tour.hpp"
#include "system/base/result.hpp"

namespace watchrig::ptz {

enum class HeadMotor { pan, tilt, zoom, focus, iris };
inline constexpr std::array head_motors{HeadMotor::pan, HeadMotor::tilt, HeadMotor::zoom, HeadMotor::focus,
                                        HeadMotor::iris};

struct HeadPreset {
  std::string name;
  HeadPosition position;
};

/// A camera's head with its lens. Speeds are parts of the fastest, from 0 to 1, velocities from -1 to 1. Any
/// thread.
class MechanicalHead {
 public:
  struct Form {
    HeadAxis::Form pan{-180, 180, 120, true, 0};
    HeadAxis::Form tilt{-90, 20, 90, false, 0};
    HeadAxis::Form zoom{0, 1, 0.5, false, 0};
    HeadAxis::Form focus{0, 1, 0.25, false, 0.5};
    HeadAxis::Form iris{0, 1, 0.25, false, 0.5};
    double wide_degrees = 60;   ///< seen from left to right at zoom 0
    double magnification = 20;  ///< at zoom 1
    unsigned presets = 128, tours = 128;
    std::vector<std::string> auxiliaries = {"Wiper", "Washer", "IRLamp", "Heater"};
  };
  enum class TourState { idle, touring, paused };
  static constexpr std::size_t most_visits = 256;

  /// The clock outlives the head.
  MechanicalHead(const Form& form, const base::Clock& clock);

  const Form& form() const { return form_; }
  HeadPosition at(base::UtcTime time) const;
  HeadPosition position() const { return at(clock_.now()); }
  /// Degrees seen from left to right at a zoom.
  double view_degrees(double zoom) const;
  bool moving(HeadMotor motor) const;

  /// Commands by hand; each ends a tour. `life`: after which it stops by itself.
  void run(HeadMotor motor, double velocity, std::optional<base::Duration> life);
  void go(HeadMotor motor, double target, double speed);
  void halt(HeadMotor motor);
  /// As without power: no motor turns any more.
  void halt_all();

  /// Numbers are from 1. Errors: full, not_found.
  std::map<unsigned, HeadPreset> presets() const;
  /// Of where it is now. Number 0: the lowest free one.
  base::Result<unsigned> keep_preset(unsigned number, std::string name);
  base::Result<> forget_preset(unsigned number);
  base::Result<> go_to_preset(unsigned number, double speed);
  void go_home(double speed);
  void set_home();

  /// Presets, tours and home, which is where the head was at first.
  void forget();

  std::map<unsigned, HeadTour> tours() const;
  /// An empty one with the lowest free number.
  base::Result<unsigned> make_tour();
  /// Ends it when it runs. Error: not_found.
  base::Result<> change_tour(unsigned number, HeadTour tour);
  base::Result<> forget_tour(unsigned number);
  /// Errors: not_found, invalid (it has no spot).
  base::Result<> start_tour(unsigned number);
  /// Where it stands, it stays; a start goes on from there. Error: conflict (it does not run).
  base::Result<> pause_tour(unsigned number);
  base::Result<> stop_tour(unsigned number);
  TourState tour_state(unsigned number) const;
  std::vector<TourVisit> visits() const;

  /// False for an auxiliary that it does not have.
  bool switch_auxiliary(std::string_view name, bool on);
  std::map<std::string, bool, std::less<>> auxiliaries() const;

 private:
  struct Running {
    unsigned tour = 0;
    std::size_t spot = 0;
    unsigned rounds = 0;  ///< done
    base::UtcTime leaves, ends = base::UtcTime::max();
    bool paused = false;
  };

  HeadAxis& axis(HeadMotor motor) const { return axes_[static_cast<std::size_t>(motor)]; }
  HeadPosition read(base::UtcTime time) const;
  void drive(const HeadPosition& target, double speed, base::UtcTime time) const;
  /// Lets a tour do what it had to do up to now.
  void settle(base::UtcTime now) const;
  void visit(base::UtcTime time) const;
  void end_tour(base::UtcTime now) const;
  base::UtcTime begin_command();

  const Form form_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::array<HeadAxis, 5> axes_;
  HeadPosition home_;
  std::map<unsigned, HeadPreset> presets_;
  std::map<unsigned, HeadTour> tours_;
  mutable std::optional<Running> running_;
  mutable std::deque<TourVisit> visits_;
  std::map<std::string, bool, std::less<>> auxiliaries_;
};

}  // namespace watchrig::ptz
