#include "simulators/camera/personalities/quirky_manners.hpp"

#include <functional>

#include <fmt/format.h>

#include "simulators/camera/personalities/quirky_sdp.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

using media::RtspHeaders;
using media::RtspRequest;
using media::RtspResponse;

namespace {

constexpr std::size_t most_sessions = 2;  // where those that have ended are kept

RtspResponse status(int code) {
  RtspResponse response;
  response.status = code;
  return response;
}

/// Each value of that name as the function has it; nothing removes it.
void edit(RtspHeaders& headers, std::string_view name,
          const std::function<std::optional<std::string>(std::string_view)>& to) {
  RtspHeaders edited;
  for (const auto& [own, value] : headers.fields()) {
    if (!base::equal_ignoring_case(own, name)) {
      edited.add(own, value);
    } else if (auto text = to(value)) {
      edited.add(own, std::move(*text));
    }
  }
  headers = std::move(edited);
}

std::optional<std::string> without_get_parameter(std::string_view methods) {
  std::string kept;
  for (const auto part : base::split(methods, ',')) {
    const auto text = base::trim(part);
    if (text != "GET_PARAMETER") kept += (kept.empty() ? "" : ", ") + std::string(text);
  }
  return kept;
}

}  // namespace

std::optional<std::string> without_qop(std::string_view challenge) {
  if (challenge.find("SHA-256") != challenge.npos) return std::nullopt;
  std::string kept;
  for (const auto part : base::split(challenge, ',')) {
    const auto text = base::trim(part);
    if (text.starts_with("qop=") || text.starts_with("algorithm=")) continue;
    kept += (kept.empty() ? "" : ", ") + std::string(text);
  }
  return kept;
}

QuirkyMemory::QuirkyMemory(const Quirks& quirks, const base::Clock& clock)
    : clock_(clock),
      kept_(quirks.time(quirks::teardown_ignored).value_or(base::Duration::zero())),
      refusals_(quirks.count(quirks::unauthorized_storm)) {}

bool QuirkyMemory::refuses_password() {
  const std::lock_guard lock(mutex_);
  if (refusals_ == 0) return false;
  --refusals_;
  return true;
}

bool QuirkyMemory::has_room() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  while (!ended_.empty() && ended_.front() <= now) ended_.pop_front();
  return kept_ == base::Duration::zero() || live_ + ended_.size() < most_sessions;
}

void QuirkyMemory::session_begun() {
  const std::lock_guard lock(mutex_);
  ++live_;
}

void QuirkyMemory::session_ended() {
  const std::lock_guard lock(mutex_);
  --live_;
  if (kept_ > base::Duration::zero()) ended_.push_back(clock_.now() + kept_);
}

QuirkyManners::QuirkyManners(const Quirks& quirks, std::string realm, std::shared_ptr<QuirkyMemory> memory)
    : quirks_(quirks), realm_(std::move(realm)), memory_(std::move(memory)) {}

std::optional<RtspResponse> QuirkyManners::instead(const RtspRequest& request) {
  if (request.headers.find("Authorization") && memory_->refuses_password()) {
    auto refused = status(401);
    refused.headers.add(
        "WWW-Authenticate",
        fmt::format("Digest realm=\"{}\", nonce=\"refused-{}\", qop=\"auth\"", realm_, ++refused_));
    return refused;
  }
  if (request.method == "GET_PARAMETER" && quirks_.has(quirks::get_parameter_refused)) return status(501);
  if (request.method == "DESCRIBE" && quirks_.has(quirks::redirect_loop)) {
    auto loop = status(302);
    loop.headers.add("Location", request.uri);
    return loop;
  }
  if (request.method == "SETUP" && !has_session_ && !memory_->has_room()) return status(453);
  return std::nullopt;
}

bool QuirkyManners::hangs_up(const RtspRequest& request) {
  return request.method == "GET_PARAMETER" && quirks_.has(quirks::get_parameter_closes);
}

void QuirkyManners::change(const RtspRequest& request, RtspResponse& response) {
  if (response.status == 401 && quirks_.has(quirks::digest_without_qop))
    edit(response.headers, "WWW-Authenticate", without_qop);
  if (quirks_.has(quirks::keep_alive_by_get_parameter))
    edit(response.headers, "Public", without_get_parameter);
  if (request.method == "DESCRIBE" && response.status == 200) change_description(response);
}

void QuirkyManners::change_description(RtspResponse& response) const {
  const std::string base(response.headers.find("Content-Base").value_or(""));
  response.body = quirky_sdp(quirks_, response.body, base);
  edit(response.headers, "Content-Base", [&](std::string_view own) -> std::optional<std::string> {
    auto url = quirks_.has(quirks::content_base_wrong) ? with_wrong_path(own) : std::string(own);
    return quirks_.has(quirks::sdp_foreign_host) ? with_foreign_host(url) : url;
  });
}

bool QuirkyManners::keeps_alive(std::string_view method) {
  if (quirks_.has(quirks::keep_alive_by_get_parameter)) return method != "OPTIONS" && method != "RTCP";
  if (quirks_.has(quirks::get_parameter_refused) || quirks_.has(quirks::get_parameter_closes))
    return method != "GET_PARAMETER" && method != "RTCP";
  return true;
}

bool QuirkyManners::nonce_is_used_up() {
  const auto each = quirks_.count(quirks::digest_stale_each);
  return each > 0 && ++granted_ % each == 0;
}

std::optional<base::Duration> QuirkyManners::session_life() {
  return quirks_.time(falls_silent() ? quirks::session_goes_silent : quirks::session_dies);
}

bool QuirkyManners::falls_silent() { return quirks_.has(quirks::session_goes_silent); }

void QuirkyManners::session_changed(bool exists) {
  if (exists == has_session_) return;
  has_session_ = exists;
  if (exists) {
    memory_->session_begun();
  } else {
    memory_->session_ended();
  }
}

}  // namespace watchrig::camera
