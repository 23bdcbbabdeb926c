#pragma once

#include <string>
#include <string_view>

namespace watchrig::base {

/// The name that follows one request through everything it causes: messages between roles, the trace, logs.
/// It belongs to the thread for as long as a scope lasts; a scope does not last over a co_await.
class CorrelationScope {
 public:
  explicit CorrelationScope(std::string id);
  ~CorrelationScope();
  CorrelationScope(const CorrelationScope&) = delete;
  CorrelationScope& operator=(const CorrelationScope&) = delete;

 private:
  std::string before_;
};

/// That of the innermost scope of this thread; empty outside of any.
const std::string& correlation();

/// Sixteen hexadecimal digits that nobody else has. Any thread.
std::string new_correlation();

/// 1 to 64 letters, digits, `.`, `_` and `-`: what is taken over from somebody else.
bool is_correlation(std::string_view text);

}  // namespace watchrig::base
