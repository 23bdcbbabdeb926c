#include "system/api/onvif_face/onvif_callers.hpp"

#include <fmt/format.h>

#include "system/api/request_trace.hpp"
#include "system/base/correlation.hpp"
#include "system/central/accounts/account_name.hpp"
#include "system/protocols/onvif/soap_message.hpp"
#include "system/protocols/onvif/ws_security.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::api {

namespace {

constexpr auto tolerance = std::chrono::minutes(5);  // of a token's time, on either side
constexpr auto nonce_life = std::chrono::minutes(5);
constexpr std::size_t most_tokens = 20'000, most_proofs = 20'000;

bool is_on(const ServerParts& parts) { return parts.central.settings().flag("onvif", "service"); }

}  // namespace

std::string onvif_account(std::string_view user) {
  // No account of a person has a colon in its name.
  return fmt::format("onvif:{}", protocols::one_line(std::string(user), central::longest_user_name));
}

void count_onvif_failure(ServerParts& parts, const std::string& user, const std::string& source) {
  const auto account = onvif_account(user);
  auto& sign_in = parts.central.sign_in();
  // Of a source that is locked, too: its right passwords still open streams until the account is locked.
  if (sign_in.locked_accounts.locked_until(account)) return;
  const bool locks = sign_in.count_failure(account, source);
  central::Event event;
  event.type = locks ? "onvif.locked" : "onvif.refused";
  event.account = account;
  event.source = source;
  event.result = "denied";
  event.message = fmt::format("a wrong password for the ONVIF account \"{}\" from {}{}", account.substr(6),
                              source, locks ? ", one too many: it is locked" : "");
  parts.central.events().append(std::move(event));
}

std::optional<std::string> onvif_stream_password(ServerParts& parts, std::string_view user) {
  const bool locked = parts.central.sign_in().locked_accounts.locked_until(onvif_account(user)).has_value();
  if (!is_on(parts) || locked) return std::nullopt;
  return parts.central.onvif_accounts().password(user);
}

bool onvif_may_view(ServerParts& parts, std::string_view user, std::string_view source) {
  const auto found = parts.central.onvif_accounts().find(user);
  return is_on(parts) && found && found->has_password &&
         may(found->level, protocols::AccessClass::read_media) &&
         parts.central.sign_in().sessions.visited(onvif_account(user), source);
}

OnvifCallers::OnvifCallers(ServerParts& parts)
    : parts_(parts),
      tokens_(most_tokens),
      digest_("watchrig onvif"),
      digest_until_(parts.clock.now() + nonce_life) {}

OnvifCaller OnvifCallers::identify(const http::Request& request, pugi::xml_node header) {
  const base::CorrelationScope scope(trace_name(request));  // a refusal is told by its name
  const auto written = request.headers.find("authorization");
  return written == request.headers.end() ? by_token(request, header) : by_digest(request, written->second);
}

std::vector<std::string> OnvifCallers::challenges(bool stale) {
  const std::lock_guard lock(mutex_);
  return digest().challenges(stale);
}

/// Its nonce is good for a while, and for so many requests.
media::DigestServer& OnvifCallers::digest() {
  const auto now = parts_.clock.now();
  if (now < digest_until_ && shown_.size() < most_proofs) return digest_;
  digest_.renew_nonce();
  digest_until_ = now + nonce_life;
  shown_.clear();
  return digest_;
}

OnvifCaller OnvifCallers::granted(const http::Request& request, const std::string& name) const {
  const auto user = parts_.central.onvif_accounts().find(name);
  if (!user) return {};
  auto& sign_in = parts_.central.sign_in();
  sign_in.locked_accounts.succeeded(onvif_account(name));
  if (const auto visited = sign_in.sessions.visited(onvif_account(name), request.source()); !visited)
    return {.name = name, .reason = visited.error().message, .too_many = true};
  return {user->level, name};
}

OnvifCaller OnvifCallers::refused(const http::Request& request, const std::string& name) const {
  count_onvif_failure(parts_, name, request.source());
  return {.reason = "user name or password is wrong"};
}

OnvifCaller OnvifCallers::by_digest(const http::Request& request, const std::string& written) {
  using Verdict = media::DigestServer::Verdict;
  const auto lookup = [this](std::string_view name) {
    return parts_.central.onvif_accounts().password(name);
  };
  media::DigestServer::Outcome outcome;
  bool copied = false;
  {
    const std::lock_guard lock(mutex_);
    outcome = digest().check(written, request.method, request.path, lookup);
    // A HEAD comes here as the GET that it is answered by.
    if (outcome.verdict == Verdict::denied && request.method == "GET")
      outcome = digest().check(written, "HEAD", request.path, lookup);
    if (outcome.verdict == Verdict::granted)
      copied = !outcome.proof.empty() && !shown_.insert(outcome.proof).second;
  }
  // The right password is refused as well, or the lock would be worth nothing.
  if (const auto locked = parts_.central.sign_in().locked(onvif_account(outcome.username), request.source()))
    return {.reason = locked->message};
  switch (outcome.verdict) {
    case Verdict::granted:
      if (outcome.proof.empty()) return {.reason = "an answer without qop can be copied: send qop=auth"};
      if (copied) return {.reason = "this answer to the challenge was used before", .stale = true};
      return granted(request, outcome.username);
    case Verdict::stale:
      return {.reason = "the nonce is one of before", .stale = true};
    case Verdict::denied:
      return refused(request, outcome.username);
    case Verdict::missing:
      break;
  }
  return {.reason = "the header Authorization is to be of Digest"};
}

OnvifCaller OnvifCallers::by_token(const http::Request& request, pugi::xml_node header) {
  const auto token = protocols::find_username_token(header);
  if (!token) return {};
  if (const auto locked = parts_.central.sign_in().locked(onvif_account(token->username), request.source()))
    return {.reason = locked->message};
  if (!token->digest) return {.reason = "a password as plain text is not taken: send #PasswordDigest"};
  const auto password = parts_.central.onvif_accounts().password(token->username);
  if (!password || !protocols::is_digest_of(*token, *password)) return refused(request, token->username);
  const auto now = parts_.clock.now();
  if (!protocols::is_fresh(*token, now, tolerance)) {
    return {.reason =
                fmt::format("the token is of {}, and here it is {}: set the clock by GetSystemDateAndTime",
                            protocols::one_line(token->created, 40), base::format_utc(now))};
  }
  // By its digest, which has one form only; base64 of a nonce may have several.
  const auto until = protocols::parse_xml_time(token->created).value_or(now) + tolerance;
  if (!tokens_.use(token->username, token->password, until, now))
    return {.reason = "this token was used before"};
  return granted(request, token->username);
}

}  // namespace watchrig::api
