#pragma once
#include <libavcodec/avcodec.h>

#include "system/base/gone.hpp"
#include "system/base/low.hpp"
