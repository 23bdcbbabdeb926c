#include "system/base/correlation.hpp"

#include <algorithm>
#include <cctype>
#include <random>

#include <fmt/format.h>

namespace watchrig::base {

namespace {

constexpr std::size_t longest = 64;
thread_local std::string current;

}  // namespace

CorrelationScope::CorrelationScope(std::string id) : before_(std::move(current)) { current = std::move(id); }

CorrelationScope::~CorrelationScope() { current = std::move(before_); }

const std::string& correlation() { return current; }

std::string new_correlation() {
  thread_local std::mt19937_64 numbers = [] {
    std::random_device entropy;
    std::seed_seq seed{entropy(), entropy(), entropy(), entropy()};
    return std::mt19937_64(seed);
  }();
  return fmt::format("{:016x}", numbers());
}

bool is_correlation(std::string_view text) {
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace watchrig::base
