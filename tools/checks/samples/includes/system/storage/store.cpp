#include "system/central/accounts.hpp"
#include "system/media/high.hpp"
