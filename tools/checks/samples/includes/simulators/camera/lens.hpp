#pragma once

#include "system/base/low.hpp"
#include "system/central/accounts.hpp"
#include "system/media/high.hpp"
