#include "system/api/question_share.hpp"

#include <fmt/format.h>

namespace watchrig::api {

std::shared_ptr<void> QuestionShare::take(const std::string& account) {
  const std::lock_guard lock(mutex_);
  if (asked_[account] >= most) return nullptr;
  ++asked_[account];
  return {this, [self = shared_from_this(), account](void*) { self->give_back(account); }};
}

void QuestionShare::give_back(const std::string& account) {
  const std::lock_guard lock(mutex_);
  if (--asked_[account] == 0) asked_.erase(account);
}

http::Response QuestionShare::busy() {
  http::Response refusal = http::error_response(
      503, "busy", {}, fmt::format("{} such requests of yours are being answered; come again", most));
  refusal.headers.emplace_back("Retry-After", "1");
  return refusal;
}

}  // namespace watchrig::api
