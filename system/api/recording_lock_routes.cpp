// Evidence: recordings that stay, whatever is overwritten and whatever limits say.
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/paging.hpp"
#include "system/api/question_share.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"
#include "system/base/utf8.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using central::Authority;
using http::Request;
using http::Response;
using platform::NvrLock;

namespace {

using Shared = std::shared_ptr<QuestionShare>;

constexpr std::size_t longest_reason = 255;

std::string id_of(const NvrLock& lock) { return fmt::format("l{}", lock.id); }

json::object to_json(const NvrLock& lock) {
  return {{"id", id_of(lock)},
          {"channel", lock.channel},
          {"from", base::format_utc(lock.from, 9)},
          {"to", base::format_utc(lock.to, 9)},
          {"kept_from", base::format_utc(lock.kept_from, 9)},
          {"bytes", lock.bytes},
          {"reason", lock.reason},
          {"by", lock.by},
          {"made", base::format_utc(lock.made, 3)}};
}

void tell_lock(ServerParts& parts, const Request& request, const NvrLock& lock, bool made) {
  const auto found = parts.central.registry().find_channel(lock.channel);
  central::Event event;
  event.type = made ? "recording.locked" : "recording.unlocked";
  event.channel = lock.channel;
  event.channel_name = found && found->channel->id == lock.channel ? found->channel->name : lock.channel;
  event.message = fmt::format(
      "what is recorded of {} from {} to {} was {} by \"{}\"",
      lock.channel.empty() ? std::string("all channels") : fmt::format("channel \"{}\"", event.channel_name),
      base::format_utc(lock.from), base::format_utc(lock.to), made ? "locked" : "unlocked", request.account);
  add_difference(event.data, made ? json::object() : to_json(lock), made ? to_json(lock) : json::object());
  tell(parts, request, std::move(event));
}

/// One on every channel is for who looks after the whole server.
bool may(const central::Rights& rights, Authority authority, const NvrLock& lock) {
  if (!lock.channel.empty()) return rights.may(authority, lock.channel);
  return rights.may(Authority::system) && rights.may_everywhere(authority);
}

asio::awaitable<Response> add_lock(ServerParts& parts, Shared share, Request request) {
  BodyFields fields(request);
  platform::LockNvrRecord wanted;
  wanted.channel = request.param("channel");
  wanted.from = fields.time("from");
  wanted.to = fields.time("to");
  wanted.reason = fields.text("reason");
  if (wanted.reason.empty() || wanted.reason.size() > longest_reason || !base::is_utf8(wanted.reason))
    fields.refuse("reason", fmt::format("must have 1 to {} bytes", longest_reason));
  if (!fields.error() && wanted.from >= wanted.to) fields.refuse("to", "must be after from");
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  wanted.by = request.account;
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  const auto made = co_await parts.storage_queries.lock(std::move(wanted), trace_name(request));
  if (!made) co_return http::error_response(made.error());
  tell_lock(parts, request, *made, true);
  co_return http::json_response(201, to_json(*made));
}

asio::awaitable<Response> list_locks(ServerParts& parts, Shared share, Request request) {
  const auto page = page_of(request);
  if (!page) co_return error_response(page.error());
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  auto locks = co_await parts.storage_queries.locks(trace_name(request));
  if (!locks) co_return http::error_response(locks.error());
  const auto rights = parts.central.accounts().rights(request.account);
  const auto channel = request.query_value("channel");
  std::erase_if(*locks, [&](const NvrLock& lock) {
    return !rights || !may(*rights, Authority::playback, lock) || (channel && *channel != lock.channel);
  });
  json::array shown;
  for (std::size_t at = page->offset; at < locks->size() && shown.size() < page->limit; ++at)
    shown.push_back(to_json((*locks)[at]));
  co_return http::json_response(200, page_json("locks", std::move(shown), locks->size(), *page));
}

asio::awaitable<Response> remove_lock(ServerParts& parts, Shared share, Request request) {
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  const auto id = request.param("lock");
  const auto none =
      base::Error{base::ErrorKind::not_found, fmt::format("there is no lock \"{}\" on recordings", id)};
  const auto number = id.starts_with('l') ? base::parse_number<std::int64_t>(id.substr(1)) : std::nullopt;
  if (!number) co_return http::error_response(none);
  const auto locks = co_await parts.storage_queries.locks(trace_name(request));
  if (!locks) co_return http::error_response(locks.error());
  const auto found = std::ranges::find(*locks, *number, &NvrLock::id);
  const auto rights = parts.central.accounts().rights(request.account);
  if (found == locks->end() || !rights) co_return http::error_response(none);
  if (!may(*rights, Authority::record, *found)) {
    if (!may(*rights, Authority::playback, *found)) co_return http::error_response(none);
    co_return http::error_response(
        {base::ErrorKind::denied,
         fmt::format("no right to unlock recordings of channel \"{}\"; the administrator grants it",
                     found->channel)});
  }
  const auto removed = co_await parts.storage_queries.unlock(*number, trace_name(request));
  if (!removed) co_return http::error_response(removed.error());
  tell_lock(parts, request, *removed, false);
  co_return http::no_content();
}

}  // namespace

void add_recording_lock_routes(http::Router& router, ServerParts& parts) {
  const auto share = std::make_shared<QuestionShare>();
  router.add("POST", "/api/v1/channels/{channel}/recording-locks", {"record"},
             "Locks what is recorded of a channel in a period: it is neither overwritten nor expires",
             [&parts, share](Request request) { return add_lock(parts, share, std::move(request)); });
  router
      .add("GET", "/api/v1/recording-locks", {"playback"}, "The locks on recordings",
           [&parts, share](Request request) { return list_locks(parts, share, std::move(request)); })
      .query = paged({{"channel", "id; only those of this channel"}});
  router.add("DELETE", "/api/v1/recording-locks/{lock}", {"record"},
             "Removes a lock: what it had may go again",
             [&parts, share](Request request) { return remove_lock(parts, share, std::move(request)); });
}

}  // namespace watchrig::api
