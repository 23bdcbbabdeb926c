#include "system/devices/rtsp/session_history.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/media/rtsp_quirks.hpp"

namespace watchrig::devices {

namespace quirks = media::rtsp_quirks;

namespace {

constexpr const char *by_options = "OPTIONS", *by_get_parameter = "GET_PARAMETER";
constexpr base::Duration youngest = std::chrono::seconds(2);  // so that nothing is connected more often
constexpr base::Duration slack = std::chrono::milliseconds(700);
constexpr base::Duration sessions_remembered = std::chrono::minutes(2),
                         denials_remembered = std::chrono::minutes(2);

bool similar(base::Duration a, base::Duration b) {
  return std::chrono::abs(a - b) <= std::max<base::Duration>(slack, std::max(a, b) / 10);
}

std::string seconds(base::Duration age) {
  return base::format_duration(std::chrono::round<std::chrono::seconds>(age));
}

}  // namespace

void SessionHistory::began(base::UtcTime now) {
  // Longer ago, it may have become another password, and the right one again.
  if (denials_ > 0 && now - *denied_since_ <= denials_remembered) {
    tell_(quirks::unauthorized_storm,
          fmt::format("it refused the right password {} times before it took it", denials_));
  }
  denials_ = 0;
  denied_since_.reset();
}

void SessionHistory::lives(base::Duration age) {
  if (falls_silent_ && age > *last_silence_ * 3) falls_silent_ = false;
  if (!suspicion_ || age < suspicion_->age * 17 / 10) return;
  tell_(suspicion_->name, suspicion_->detail);
  suspicion_.reset();
}

/// How it could be that this session was not kept alive.
std::optional<SessionHistory::Suspicion> SessionHistory::suspicion_about(const End& end) const {
  const bool options = end.keep_alive == by_options;
  if (end.keep_alive_unanswered && !options) {
    return Suspicion{quirks::get_parameter_closes,
                     "GET_PARAMETER ends its connections; OPTIONS keeps its sessions", end.age};
  }
  // Some look only every few seconds whether a session is over.
  if (end.age < end.timeout * 9 / 10 || end.age > end.timeout * 16 / 10) return std::nullopt;
  if (options) {
    return Suspicion{quirks::keep_alive_by_get_parameter,
                     "only GET_PARAMETER keeps its sessions, which it does not offer", end.age};
  }
  return Suspicion{quirks::keep_alive_by_options, "only OPTIONS keeps its sessions", end.age};
}

void SessionHistory::fell_silent(base::Duration age) {
  as_usual_ = age >= youngest && last_silence_ && similar(*last_silence_, age);
  last_silence_ = age;
  if (!as_usual_) return;
  falls_silent_ = true;
  tell_(quirks::session_goes_silent,
        fmt::format("its sessions fall silent when they are {} old; they are begun anew soon after",
                    seconds(age)));
}

void SessionHistory::ended(const End& end, base::UtcTime now) {
  last_end_ = now;
  as_usual_ = false;
  if (end.silent) return fell_silent(end.age);
  if (!end.by_device) return;
  if (suspicion_) keep_alive_.clear();  // it was not that
  suspicion_.reset();
  if (!tried_other_ && (suspicion_ = suspicion_about(end))) {
    tried_other_ = true;
    keep_alive_ = end.keep_alive == by_options ? by_get_parameter : by_options;
    return;
  }
  as_usual_ = end.age >= youngest && last_age_ && similar(*last_age_, end.age);
  last_age_ = end.age;
  if (as_usual_)
    tell_(quirks::session_dies,
          fmt::format("it ends its sessions when they are {} old; they are begun anew at once",
                      seconds(end.age)));
}

void SessionHistory::denied(base::UtcTime now) {
  if (denials_++ == 0) denied_since_ = now;
}

bool SessionHistory::has_no_room(base::UtcTime now) {
  if (!last_end_ || now - *last_end_ > sessions_remembered) return false;
  tell_(quirks::teardown_ignored, "it has no room for a session because it holds some that have ended");
  return true;
}

}  // namespace watchrig::devices
