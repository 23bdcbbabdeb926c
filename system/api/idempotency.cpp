#include "system/api/idempotency.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include <openssl/sha.h>

namespace watchrig::api {

using http::Request;
using http::Response;

namespace {

constexpr auto kept_for = std::chrono::hours(24);
constexpr std::size_t most_kept = 10'000;
constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t longest_key = 255;

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest_of(const std::string& text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

class KeptAnswers {
 public:
  explicit KeptAnswers(const base::Clock& clock) : clock_(clock) {}

  Response answer(const std::string& key, const Request& request, const http::PlainHandler& handler) {
    if (auto known = begin(key, request)) return *std::move(known);
    try {
      Response response = handler(request);
      end(key, response);
      return response;
    } catch (...) {
      end(key, http::error_response(500, "io", {}, {}));
      throw;
    }
  }

 private:
  struct Kept {
    Digest body;
    base::UtcTime time;
    std::optional<Response> response;  ///< none: under way
  };

  std::optional<Response> begin(const std::string& key, const Request& request) {
    const std::lock_guard lock(mutex_);
    const base::UtcTime now = clock_.now();
    while (!order_.empty() &&
           (order_.size() >= most_kept || bytes_ > most_bytes || order_.front().first + kept_for <= now)) {
      forget_oldest();
    }
    const Digest body = digest_of(request.body);
    const auto [it, is_new] = kept_.try_emplace(key, Kept{body, now, std::nullopt});
    if (is_new) {
      order_.emplace_back(now, key);
      return std::nullopt;
    }
    if (it->second.body != body) {
      return http::error_response(422, "invalid", "Idempotency-Key",
                                  "this key was used for another request: take a new one");
    }
    if (!it->second.response) {
      return http::error_response(409, "conflict", "Idempotency-Key",
                                  "the first request with this key is under way: ask again");
    }
    return it->second.response;
  }

  void end(const std::string& key, const Response& response) {
    const std::lock_guard lock(mutex_);
    const auto it = kept_.find(key);
    if (it == kept_.end()) return;
    if (response.status < 300) {
      it->second.response = response;
      bytes_ += response.body.size();
    } else {
      kept_.erase(it);
    }
  }

  void forget_oldest() {
    const auto oldest = kept_.find(order_.front().second);
    // A failed request has left its place here, and the same key may be used again.
    if (oldest != kept_.end() && oldest->second.time == order_.front().first) {
      if (oldest->second.response) bytes_ -= oldest->second.response->body.size();
      kept_.erase(oldest);
    }
    order_.pop_front();
  }

  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::size_t bytes_ = 0;                                    ///< of the bodies kept
  std::deque<std::pair<base::UtcTime, std::string>> order_;  ///< of keys, oldest first
};

bool is_key(const std::string& text) {
  return !text.empty() && text.size() <= longest_key &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

http::PlainHandler once_for_each_key(const base::Clock& clock, http::PlainHandler handler) {
  return [answers = std::make_shared<KeptAnswers>(clock),
          handler = std::move(handler)](const Request& request) {
    const auto header = request.headers.find("idempotency-key");
    if (header == request.headers.end()) return handler(request);
    if (!is_key(header->second)) {
      return http::error_response(400, "invalid", "Idempotency-Key",
                                  "a key has 1 to 255 printable characters without spaces");
    }
    return answers->answer(request.account + "\n" + request.path + "\n" + header->second, request, handler);
  };
}

}  // namespace watchrig::api
