// The rules by which scopes of WS-Discovery are compared (WS-Discovery of April 2005, 5.1).
#include <algorithm>

#include "system/base/text.hpp"
#include "system/protocols/onvif/discovery_message.hpp"

namespace watchrig::protocols {

namespace {

constexpr std::string_view rules = "http://schemas.xmlsoap.org/ws/2005/04/discovery/";

/// What follows the address of the rules; "rfc3986" (the name of RFC 2396 today) stands for the default.
std::string_view rule_of(std::string_view match_by) {
  if (match_by.empty()) return "rfc2396";
  if (!match_by.starts_with(rules)) return {};
  const auto rule = match_by.substr(rules.size());
  return rule == "rfc3986" ? "rfc2396" : rule;
}

bool same_text(std::string_view a, std::string_view b) { return base::equal_ignoring_case(a, b); }

std::string_view without_final_slash(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

/// Scheme and authority without regard to case, then whole segments of the path; "." and ".." match nothing.
bool matches_by_segments(std::string_view scope, std::string_view wanted) {
  const auto scope_parts = base::split(without_final_slash(scope), '/');
  const auto wanted_parts = base::split(without_final_slash(wanted), '/');
  if (wanted_parts.size() > scope_parts.size()) return false;
  constexpr std::size_t authority = 2;  // "onvif:", "", "www.onvif.org", "name", …
  for (std::size_t i = 0; i < wanted_parts.size(); ++i) {
    if (wanted_parts[i] == "." || wanted_parts[i] == "..") return false;
    if (scope_parts[i] == "." || scope_parts[i] == "..") return false;
    const bool same =
        i <= authority ? same_text(scope_parts[i], wanted_parts[i]) : scope_parts[i] == wanted_parts[i];
    if (!same) return false;
  }
  return true;
}

std::string_view without_urn(std::string_view uuid) {
  for (const std::string_view prefix : {"urn:uuid:", "uuid:"}) {
    if (uuid.size() >= prefix.size() && same_text(uuid.substr(0, prefix.size()), prefix)) {
      return uuid.substr(prefix.size());
    }
  }
  return uuid;
}

bool scope_matches(std::string_view scope, std::string_view wanted, std::string_view rule) {
  if (rule == "strcmp0") return scope == wanted;
  if (rule == "uuid") return same_text(without_urn(scope), without_urn(wanted));
  return rule == "rfc2396" && matches_by_segments(scope, wanted);
}

}  // namespace

bool is_scope_rule(std::string_view match_by) {
  const auto rule = rule_of(match_by);
  return rule == "rfc2396" || rule == "uuid" || rule == "strcmp0";
}

bool matches(const DiscoveryTarget& target, const DiscoveryQuestion& probe) {
  const auto has_type = [&](const QualifiedName& type) {
    return std::ranges::find(target.types, type) != target.types.end();
  };
  const auto has_scope = [&, rule = rule_of(probe.match_by)](const std::string& wanted) {
    return std::ranges::any_of(target.scopes,
                               [&](const std::string& scope) { return scope_matches(scope, wanted, rule); });
  };
  return is_scope_rule(probe.match_by) && std::ranges::all_of(probe.types, has_type) &&
         std::ranges::all_of(probe.scopes, has_scope);
}

}  // namespace watchrig::protocols
