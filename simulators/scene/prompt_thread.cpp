#include "simulators/scene/prompt_thread.hpp"

#include <algorithm>
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

namespace watchrig::scene {
namespace {

/// sched_attr of the kernel, which glibc 2.36 does not declare; its first version.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;  // SCHED_OTHER
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // nanoseconds: of a SCHED_OTHER thread the length of its turns
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

constexpr std::int32_t preference = 10;
constexpr std::uint64_t shortest_turn_ns = 100'000;

}  // namespace

void make_thread_prompt() {
  SchedulingAttributes attributes;
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0U) != 0) return;
  attributes.runtime = shortest_turn_ns;
  ::syscall(SYS_sched_setattr, 0, &attributes, 0U);
  attributes.nice = std::max(attributes.nice - preference, -20);
  ::syscall(SYS_sched_setattr, 0, &attributes, 0U);
}

}  // namespace watchrig::scene
