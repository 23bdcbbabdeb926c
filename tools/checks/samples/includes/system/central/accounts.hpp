#pragma once

#include "simulators/camera/lens.hpp"
