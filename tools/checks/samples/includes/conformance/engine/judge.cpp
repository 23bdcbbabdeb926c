#include "simulators/camera/lens.hpp"
#include "system/base/low.hpp"
#include "system/media/high.hpp"
