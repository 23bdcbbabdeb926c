#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <pugixml.hpp>

#include "system/api/server_parts.hpp"
#include "system/http/http_message.hpp"
#include "system/media/digest_auth.hpp"
#include "system/protocols/onvif/access_policy.hpp"
#include "system/protocols/onvif/used_tokens.hpp"

namespace watchrig::api {

/// Who sends a request, or why that is not believed.
struct OnvifCaller {
  protocols::UserLevel level = protocols::UserLevel::anonymous;
  std::string name = {};    ///< empty: nobody who is believed
  std::string reason = {};  ///< why not, for a person; empty when nobody was named
  bool stale = false;       ///< right, but for a nonce of before: to be asked anew
  bool too_many = false;    ///< right, but one client more than there may be
};

/// How locks and logs name an ONVIF account, which is none of a person: "onvif:gate".
std::string onvif_account(std::string_view user);

/// Counts a wrong password of an ONVIF account, by whatever protocol, like that of a person (IVSS 8.6.3): the
/// account is locked after so many, and the source too. Tells the log. Any thread.
void count_onvif_failure(ServerParts& parts, const std::string& user, const std::string& source);
/// The password of an ONVIF account by which streams may be read; nothing for who may not: the service is
/// off, the account is locked. Any thread.
std::optional<std::string> onvif_stream_password(ServerParts& parts, std::string_view user);
/// Whether a reader who came in by that password may read on, and is no client too many. Any thread.
bool onvif_may_view(ServerParts& parts, std::string_view user, std::string_view source);

/// Finds out who asks, by HTTP Digest (RFC 7616) or a WS-UsernameToken (ONVIF Core 5.9). Both are good once:
/// what somebody has overheard is of no use to them. A password as plain text is not taken. Any thread.
class OnvifCallers {
 public:
  /// The parts outlive it.
  explicit OnvifCallers(ServerParts& parts);

  OnvifCaller identify(const http::Request& request, pugi::xml_node header);
  /// Values of WWW-Authenticate.
  std::vector<std::string> challenges(bool stale);

 private:
  OnvifCaller by_digest(const http::Request& request, const std::string& written);
  OnvifCaller by_token(const http::Request& request, pugi::xml_node header);
  OnvifCaller refused(const http::Request& request, const std::string& name) const;
  OnvifCaller granted(const http::Request& request, const std::string& name) const;
  media::DigestServer& digest();

  ServerParts& parts_;
  protocols::UsedTokensOfAccounts tokens_;
  std::mutex mutex_;
  media::DigestServer digest_;   ///< under mutex_, as those below
  base::UtcTime digest_until_;   ///< when its nonce is renewed
  std::set<std::string> shown_;  ///< proofs of its nonce
};

}  // namespace watchrig::api
