#include "system/storage/store.hpp"
