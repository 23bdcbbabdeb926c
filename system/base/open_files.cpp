#include "system/base/open_files.hpp"

#include <cerrno>
#include <cstring>
#include <sys/resource.h>

#include "system/base/log.hpp"

namespace watchrig::base {

void allow_many_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    log_warning("the limit of open files stays as it is: {}", std::strerror(errno));
}

}  // namespace watchrig::base
