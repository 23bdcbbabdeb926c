#include "system/api/program_version.hpp"

namespace watchrig::api {

namespace {

constexpr char mark[] = "watchrig-version=";
constexpr char marked[] = "watchrig-version=" WATCHRIG_VERSION;
// Volatile, so that the text is read where it stands in the program: a test makes a newer program by changing
// it there.
const char* const volatile text = marked;

}  // namespace

std::string_view program_version() { return {text + sizeof mark - 1, sizeof marked - sizeof mark}; }

}  // namespace watchrig::api
