#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "system/http/http_message.hpp"

namespace watchrig::api {

/// How much of what storage is asked at a time is of one account, so that nobody fills its queue for all.
class QuestionShare : public std::enable_shared_from_this<QuestionShare> {
 public:
  static constexpr int most = 16;

  /// Until the end of what it returns; null when the account has its share already. Any thread.
  std::shared_ptr<void> take(const std::string& account);
  /// What is answered then.
  static http::Response busy();

 private:
  void give_back(const std::string& account);

  std::mutex mutex_;
  std::map<std::string, int> asked_;
};

}  // namespace watchrig::api
