#pragma once

namespace watchrig::base {

/// Lets this process have as many files and sockets open as the hard limit allows; the usual soft limit of
/// 1024 is for programs that use select(2).
void allow_many_open_files();

}  // namespace watchrig::base
