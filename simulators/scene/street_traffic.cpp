#include "simulators/scene/street_traffic.hpp"

#include <cmath>

#include <fmt/format.h>

namespace watchrig::scene {
namespace {

/// Everybody in a lane has the lane's speed, apart from walkers, so nobody drives through anybody.
struct Lane {
  double ground;
  double scale;
  double speed;   ///< plan units a second
  double period;  ///< seconds from one to the next
  double jitter;  ///< up to so many seconds later
  bool to_left;
  bool walkers;
  bool bicycles;
};

constexpr Lane lanes[] = {
    {520, 0.62, 52, 5.5, 4.0, false, true, false},  // far pavement
    {528, 0.64, 47, 7.0, 5.0, true, true, false},
    {618, 0.80, 190, 4.2, 1.0, true, false, false},   // far lane
    {712, 1.00, 230, 4.6, 1.2, false, false, false},  // near lane
    {762, 1.00, 120, 8.0, 4.0, false, true, true},    // cycle lane
    {848, 1.22, 66, 7.5, 5.0, true, true, false},     // near pavement
    {872, 1.30, 74, 9.0, 6.0, false, true, false},
};

/// The street is busy from the first picture on.
constexpr double lead_in_seconds = 1000;

std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
  value = (value ^ value >> 27) * 0x94d049bb133111ebU;
  return value ^ value >> 31;
}

double fraction(std::uint64_t hash) { return double(hash >> 11) / double(1ULL << 53); }

std::string plate_of(std::uint64_t hash) {
  constexpr std::string_view letters = "ABCDEFGHKLMNPRSTVWXZ";
  return fmt::format("{}{} {:04}", letters[hash % 20], letters[hash / 20 % 20], hash / 400 % 10000);
}

void set_kind(RoadUser& user, const Lane& lane, std::uint64_t hash) {
  const std::uint64_t draw = hash >> 8 & 0xff;
  double width = 260;
  double height = 96;
  user.object_class = ObjectClass::car;
  if (lane.bicycles) {
    user.object_class = ObjectClass::bicycle;
    width = 116;
    height = 128;
  } else if (lane.walkers) {
    user.object_class = ObjectClass::person;
    width = 52;
    height = 128 + double(draw % 20);
  } else if (draw < 44) {
    user.object_class = ObjectClass::bus;
    width = 560;
    height = 196;
  } else {
    user.plate = plate_of(mix(hash ^ 0x91a7eU));
  }
  user.width = width * lane.scale;
  user.height = height * lane.scale;
  user.ground = lane.ground;
  user.colour = static_cast<std::uint8_t>((hash >> 16) % body_colours().size());
  user.look = static_cast<std::uint8_t>(hash >> 24);
  user.to_left = lane.to_left;
}

void add_lane(std::vector<RoadUser>& users, std::uint64_t seed, std::size_t lane_index, double now) {
  const Lane& lane = lanes[lane_index];
  constexpr double widest = 560;
  const double on_plan = (plan_width + 2 * widest) / lane.speed * 1.3 + lane.jitter;
  const auto first = static_cast<std::int64_t>(std::floor((now - on_plan) / lane.period));
  const auto last = static_cast<std::int64_t>(std::floor(now / lane.period));
  for (std::int64_t k = first; k <= last; ++k) {
    const std::uint64_t hash = mix(seed ^ mix(lane_index << 56 ^ static_cast<std::uint64_t>(k)));
    const double entered = double(k) * lane.period + fraction(mix(hash)) * lane.jitter;
    if (entered > now) continue;
    RoadUser user;
    set_kind(user, lane, hash);
    const double speed = lane.speed * (lane.walkers ? 0.8 + 0.4 * fraction(mix(hash ^ 1)) : 1.0);
    user.walked = (now - entered) * speed;
    user.x = lane.to_left ? plan_width - user.walked : user.walked - user.width;
    if (user.x >= plan_width || user.x + user.width <= 0) continue;
    user.id = static_cast<std::uint32_t>((lane_index + 1) << 24 | (static_cast<std::uint64_t>(k) & 0xffffff));
    users.push_back(std::move(user));
  }
}

}  // namespace

std::string_view to_string(ObjectClass object_class) {
  switch (object_class) {
    case ObjectClass::person:
      return "person";
    case ObjectClass::car:
      return "car";
    case ObjectClass::bus:
      return "bus";
    case ObjectClass::bicycle:
      return "bicycle";
  }
  return "unknown";
}

const std::vector<BodyColour>& body_colours() {
  static const std::vector<BodyColour> colours = {
      {"red", 196, 48, 44},      {"blue", 46, 84, 168},  {"white", 226, 228, 230}, {"black", 46, 48, 54},
      {"silver", 160, 166, 172}, {"green", 52, 122, 82}, {"yellow", 226, 178, 52}, {"orange", 214, 110, 46},
  };
  return colours;
}

std::vector<RoadUser> road_users(std::uint64_t seed, base::Duration since_start) {
  const double now = lead_in_seconds + std::chrono::duration<double>(since_start).count();
  std::vector<RoadUser> users;
  for (std::size_t lane = 0; lane < std::size(lanes); ++lane) add_lane(users, seed, lane, now);
  return users;
}

}  // namespace watchrig::scene
