#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/devices/ability.hpp"

namespace watchrig::devices {

/// A position (pan to the right and tilt upwards from -1 to 1 of what the head can, zoom from 0 to 1), a way
/// or a velocity (-1 to 1). What is missing stays as it is.
struct PtzVector {
  std::optional<double> pan = {}, tilt = {}, zoom = {};
  /// Of the lens, in ways and velocities only: towards far, and open. -1 to 1.
  std::optional<double> focus = {}, iris = {};
  bool of_lens() const { return focus || iris; }
};

struct PtzStatus {
  PtzVector position;
  std::optional<bool> moving;
  std::optional<double> view_degrees;  ///< from left to right
};

struct PtzPreset {
  std::string token, name;
};

struct PtzTourSpot {
  std::string preset;  ///< its token; empty: a place that is none
  double speed = 1;    ///< of the fastest, above 0 up to 1
  base::Duration stay{};
};
struct PtzTour {
  std::string token, name;
  bool running = false;
  std::vector<PtzTourSpot> spots;
};

/// A part of the picture: its middle, from -1 to 1 to the right and upwards, and by how much the picture is
/// to be magnified so that the part fills it.
struct PtzView {
  double x = 0, y = 0, magnify = 1;
};

/// What a head can do. `positioning`: go where a part of the picture is.
struct PtzAbilities {
  Ability continuous{}, absolute{}, relative{}, zoom{}, positioning{}, home{}, presets{}, tours{};
  int most_presets = -1, most_tours = -1;  ///< -1: it does not say
  std::vector<std::string> auxiliaries;    ///< that can be switched on and off
  Ability focus{}, iris{};                 ///< of the lens, also where there is no head
};

/// The capability to turn a camera and its lens. Speeds are parts of the fastest, above 0 up to 1. Errors of
/// all: unsupported (the head cannot), not_found (a token), full, unavailable, timeout, denied. One executor;
/// a command is given when the one before has returned, questions at any time.
class PtzHead {
 public:
  template <class Value = void>
  using Answer = boost::asio::awaitable<base::Result<Value>>;

  virtual ~PtzHead() = default;
  virtual Answer<PtzAbilities> abilities() = 0;
  virtual Answer<PtzStatus> status() = 0;

  /// Moves until the life is over, a stop or another command; the device itself ends it in time.
  virtual Answer<> move(PtzVector velocity, base::Duration life) = 0;
  virtual Answer<> stop() = 0;
  virtual Answer<> go(PtzVector position, double speed) = 0;
  virtual Answer<> step(PtzVector way, double speed) = 0;
  virtual Answer<> centre(PtzView view) = 0;

  virtual Answer<std::vector<PtzPreset>> presets() = 0;
  /// Of where it is now; without a token a new one. Its token.
  virtual Answer<std::string> set_preset(std::string token, std::string name) = 0;
  virtual Answer<> remove_preset(std::string token) = 0;
  virtual Answer<> go_to_preset(std::string token, double speed) = 0;
  virtual Answer<> go_home(double speed) = 0;
  virtual Answer<> set_home() = 0;

  virtual Answer<std::vector<PtzTour>> tours() = 0;
  /// Without a token a new one. Its token.
  virtual Answer<std::string> set_tour(PtzTour tour) = 0;
  virtual Answer<> remove_tour(std::string token) = 0;
  virtual Answer<> run_tour(std::string token, bool run) = 0;

  virtual Answer<> switch_auxiliary(std::string name, bool on) = 0;
};

}  // namespace watchrig::devices
