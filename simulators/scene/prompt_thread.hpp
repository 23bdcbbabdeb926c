#pragma once

namespace watchrig::scene {

/// Asks the kernel to let the calling thread run as soon as it wakes: by short turns, of which Linux
/// before 6.12 takes no notice, and by a better niceness, for which it needs CAP_SYS_NICE (sched_setattr(2)).
/// Where neither is to be had it runs like any other. For a thread that works little but on time.
void make_thread_prompt();

}  // namespace watchrig::scene
