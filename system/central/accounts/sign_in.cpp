#include "system/central/accounts/sign_in.hpp"

#include <fmt/format.h>

#include "system/base/plain_address.hpp"

namespace watchrig::central {

bool is_this_machine(std::string_view source) { return source.starts_with("127.") || source == "::1"; }

SignIn::Rules SignIn::rules_from(const Settings& settings) {
  const auto lock = [&](std::string_view section) {
    return Lockout::Rules{static_cast<unsigned>(settings.number(section, "attempts")),
                          std::chrono::minutes(settings.number(section, "period"))};
  };
  Rules rules{lock("lock.accounts"), lock("lock.sources"), {}};
  const auto idle = settings.number("accounts", "idle_logout");
  rules.sessions.idle = idle == 0 ? std::nullopt : std::optional<base::Duration>(std::chrono::minutes(idle));
  rules.sessions.most = static_cast<std::size_t>(settings.number("accounts", "most_clients"));
  rules.blasts = BlastWatch::rules_from(settings);
  return rules;
}

void SignIn::set_rules(const Rules& rules) {
  locked_accounts.set_rules(rules.accounts);
  locked_sources.set_rules(rules.sources);
  sessions.set_limits(rules.sessions);
  blasts.set_rules(rules.blasts);
}

std::optional<SignIn::Refused> SignIn::locked(const std::string& name, const std::string& source) const {
  const auto account = locked_accounts.locked_until(name);
  const auto address = locked_sources.locked_until(base::source_name(source));
  if (!account && !address) return std::nullopt;
  const auto until = std::max(account.value_or(base::UtcTime()), address.value_or(base::UtcTime()));
  return Refused{Refusal::locked,
                 fmt::format("too many wrong passwords: {} is locked until {}",
                             account ? "the account" : "this address", base::format_utc(until))};
}

std::optional<SignIn::Refused> SignIn::check(const std::string& name, const std::string& password,
                                             const std::string& source) {
  // Attempts that waited for a worker meanwhile are as late as new ones.
  if (auto refused = locked(name, source)) return refused;
  const auto checked = accounts_.check(name, password);
  if (checked) return std::nullopt;
  if (checked.error().kind != base::ErrorKind::denied)
    return Refused{Refusal::failed, checked.error().message};
  return Refused{Refusal::wrong, checked.error().message, count_failure(name, source)};
}

bool SignIn::count_failure(const std::string& name, const std::string& source) {
  const bool account = locked_accounts.failed(name);
  const bool address = !is_this_machine(source) && locked_sources.failed(base::source_name(source));
  return account || address;
}

SignIn::Outcome SignIn::attempt(const std::string& name, const std::string& password,
                                const std::string& source) {
  if (auto refused = check(name, password, source)) return *std::move(refused);
  auto opened = sessions.open(name, source);
  if (!opened) {
    const bool full = opened.error().kind == base::ErrorKind::full;
    return Refused{full ? Refusal::full : Refusal::failed, opened.error().message};
  }
  locked_accounts.succeeded(name);
  locked_sources.succeeded(base::source_name(source));
  return Opened{std::move(opened->first), std::move(opened->second)};
}

void throw_exception_from_error(const SignIn::Refused& refused, const boost::source_location& where) {
  base::throw_exception_from_error({base::ErrorKind::denied, refused.message}, where);
}

}  // namespace watchrig::central
