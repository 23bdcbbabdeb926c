#include "system/media/high.hpp"
#include "low.hpp"
#include <system/media/high.hpp>
