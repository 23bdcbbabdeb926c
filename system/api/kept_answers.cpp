#include "system/api/kept_answers.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <openssl/sha.h>

#include "system/base/log.hpp"
#include "system/platform/expendable_database.hpp"

namespace watchrig::api {

using base::Result;
using http::Response;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr auto kept_for = std::chrono::hours(24);
constexpr std::size_t most_kept = 10'000;
constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::size_t most_stored = 64 << 10;

const std::vector<std::string_view> migrations{
    "CREATE TABLE answer(key TEXT PRIMARY KEY, body TEXT NOT NULL, time INTEGER NOT NULL, status INTEGER NOT "
    "NULL, headers TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID"};

std::string digest_of(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string digits;
  for (const auto byte : digest) digits += fmt::format("{:02x}", byte);
  return digits;
}

/// Of what a person has thought out, a digest is guessed soon.
bool is_secret(const std::string& request) {
  return request.find("pass") != std::string::npos || request.find("token") != std::string::npos;
}

std::string headers_of(const Response& response) {
  json::array list;
  for (const auto& [name, value] : response.headers) list.push_back(json::array{name, value});
  return json::serialize(list);
}

Response response_of(int status, std::string text, const std::string& headers) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  const json::value list = json::parse(headers);
  for (const auto& header : list.as_array())
    response.headers.emplace_back(header.at(0).as_string(), header.at(1).as_string());
  return response;
}

std::int64_t microseconds_of(base::UtcTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

KeptAnswers::KeptAnswers(const base::Clock& clock, const fs::path& file) : clock_(clock) {
  if (file.empty()) return;
  database_ = platform::open_expendable(file, migrations, "requests of before are done again when repeated",
                                        [this](auto& database) { return load(database); });
}

Result<> KeptAnswers::load(platform::SqliteDatabase& database) try {
  kept_.clear();
  order_.clear();
  bytes_ = 0;
  auto rows = database.prepare("SELECT key, body, time, status, headers, text FROM answer ORDER BY time");
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    const auto time = base::UtcTime(std::chrono::microseconds(rows->integer(2)));
    auto response = response_of(static_cast<int>(rows->integer(3)), rows->text(5), rows->text(4));
    kept_[rows->text(0)] = {rows->text(1), time, std::move(response)};
    order_.emplace_back(time, rows->text(0));
    bytes_ += rows->text(5).size();
  }
  if (!row) return row.error();
  return {};
} catch (const std::exception& e) {
  return base::Error{base::ErrorKind::corrupt, fmt::format("answers.db: {}", e.what())};
}

std::optional<Response> KeptAnswers::begin(const std::string& key, const std::string& request) {
  const std::lock_guard lock(mutex_);
  const base::UtcTime now = clock_.now();
  while (has_old(now)) forget_oldest();
  const auto digest = digest_of(request);
  const auto [it, is_new] = kept_.try_emplace(key, Kept{digest, now});
  if (is_new) {
    it->second.secret = is_secret(request);
    return std::nullopt;
  }
  if (it->second.body != digest) {
    return http::error_response(422, "invalid", "Idempotency-Key",
                                "this key was used for another request: take a new one");
  }
  if (!it->second.response) {
    return http::error_response(409, "conflict", "Idempotency-Key",
                                "the first request with this key is under way: ask again");
  }
  return it->second.response;
}

void KeptAnswers::end(const std::string& key, const Response& response) {
  const std::lock_guard lock(mutex_);
  const auto it = kept_.find(key);
  if (it == kept_.end()) return;
  if (response.status >= 300 || response.file) {
    kept_.erase(it);
    return;
  }
  it->second.response = response;
  order_.emplace_back(it->second.time, key);
  bytes_ += response.body.size();
  store(key, it->second);
}

void KeptAnswers::store(const std::string& key, const Kept& kept) {
  const auto& response = *kept.response;
  if (!database_ || kept.secret || response.content_type != "application/json" ||
      response.body.size() > most_stored)
    return;
  auto row = database_->prepare("INSERT OR REPLACE INTO answer VALUES(?, ?, ?, ?, ?, ?)");
  const auto headers = headers_of(response);
  const auto stored = row ? row->bind(key, kept.body, microseconds_of(kept.time),
                                      static_cast<std::int64_t>(response.status), headers, response.body)
                                .run()
                          : Result<>(row.error());
  if (!stored) base::log_warning("an answer is not kept over a restart: {}", stored.error().message);
}

void KeptAnswers::forget(const std::string& key) {
  if (!database_) return;
  auto row = database_->prepare("DELETE FROM answer WHERE key = ?");
  const auto removed = row ? row->bind(key).run() : Result<>(row.error());
  if (!removed) base::log_warning("an old answer stays in its file: {}", removed.error().message);
}

/// What was kept in the future, before the clock was set back, is old too: it would stay for ever.
bool KeptAnswers::has_old(base::UtcTime now) const {
  if (order_.empty()) return false;
  const auto oldest = order_.front().first;
  return order_.size() >= most_kept || bytes_ > most_bytes || oldest + kept_for <= now ||
         oldest > now + kept_for;
}

void KeptAnswers::forget_oldest() {
  const auto oldest = kept_.find(order_.front().second);
  bytes_ -= oldest->second.response->body.size();
  forget(oldest->first);
  kept_.erase(oldest);
  order_.pop_front();
}

}  // namespace watchrig::api
