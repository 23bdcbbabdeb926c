#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/base/bounded_queue.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;

namespace {

constexpr std::size_t page = 1000;

/// Wakes the pusher; the events themselves are read from the log, so a slow client costs no memory.
using Bell = base::BoundedQueue<bool>;
using Shown = central::EventLog::Shown;

asio::awaitable<void> notice_end(http::WebSocket socket, std::shared_ptr<Bell> bell) {
  for (;;) {
    const auto message =
        co_await socket.receive();  // named: GCC 12 destroys a temporary in a loop's condition twice
    if (!message) break;
  }
  bell->close();
}

/// Those of a channel need the authority for it; what somebody did elsewhere is for those who read logs.
bool may_read(const central::Rights& rights, const central::Event& event) {
  using central::Authority;
  if (event.channel.empty() && !event.account.empty())
    return rights.may(Authority::logs) && !rights.is_kept_to_areas();
  return rights.may(Authority::events, event.channel);
}

/// What a thing was before and has become is for those who may read logs.
bool hides_details(const central::Rights& rights, const central::Event& event) {
  const bool reads_logs = rights.may(central::Authority::logs) && !rights.is_kept_to_areas();
  return !reads_logs && (event.data.contains("before") || event.data.contains("after"));
}

json::object shown_to(const central::Rights& rights, const central::Event& event) {
  auto object = to_json(event);
  if (hides_details(rights, event)) {
    auto& data = object["data"].as_object();
    data.erase("before");
    data.erase("after");
  }
  return object;
}

std::string error_text(const central::FieldError& error) {
  return json::serialize(
      json::object{{"error", json::object{{"field", error.field}, {"message", error.error.message}}}});
}

/// What a client that was away is told when it cannot have everything: some events are kept no more, or the
/// log is another one, as after a factory default. It goes on at the event's number. On a thread that may
/// wait.
base::Result<std::optional<central::Event>> gap_after(const central::EventLog& log, std::int64_t since) {
  const auto newest = log.last();
  central::Event gap;
  gap.type = "log.gap";
  if (since > newest) {
    gap.sequence = newest;
    gap.message = fmt::format(
        "the log has no event {} yet, so it is another one than it was; it goes on after {}", since, newest);
    gap.data = {{"after", since}, {"missing", nullptr}};
    return std::optional(std::move(gap));
  }
  const auto missing = log.missing_since(since);
  if (!missing) return missing.error();
  if (*missing == 0) return std::optional<central::Event>();
  gap.sequence = since;
  gap.message = fmt::format("{} events after {} are kept no more", *missing, since);
  gap.data = {{"after", since}, {"missing", *missing}};
  return std::optional(std::move(gap));
}

using Gap = base::Result<std::optional<central::Event>>;

/// Error unavailable also where the workers have too much to do.
asio::awaitable<Gap> look_for_gap(ServerParts& parts, std::string lane, std::int64_t since) {
  const auto& log = parts.central.events();
  if (since >= log.last()) co_return gap_after(log, since);  // for which nobody reads the database
  auto gap = std::make_shared<Gap>(base::Error{base::ErrorKind::unavailable, "ask again a moment later"});
  WorkPool::Work work = [&log, since, gap] {
    *gap = gap_after(log, since);
    return http::no_content();
  };
  const auto done = co_await parts.workers.run(std::move(lane), std::move(work));
  (void)done;  // who is refused has the gap as it was
  co_return std::move(*gap);
}

/// The next events, for which no connection waits for the disk; nothing while the workers have too much to
/// do.
asio::awaitable<std::optional<Shown>> next_events(ServerParts& parts, std::string lane, std::int64_t after) {
  const auto& log = parts.central.events();
  auto recent = log.recent_since(after, page);
  if (recent) co_return recent;
  auto shown = std::make_shared<std::optional<Shown>>();
  WorkPool::Work work = [&log, after, shown] {
    *shown = log.shown_since(after, page);
    return http::no_content();
  };
  const auto done = co_await parts.workers.run(std::move(lane), std::move(work));
  (void)done;
  co_return std::move(*shown);
}

asio::awaitable<void> push_events(ServerParts& parts, Request request, http::WebSocket socket) {
  const auto since = number_of(request, "since", parts.central.events().last(), 0, INT64_MAX);
  if (!since) {
    const std::string text = error_text(since.error());
    co_await socket.send_text(text);
    co_return;
  }
  auto bell = std::make_shared<Bell>(socket.executor(), Bell::Limits{1}, base::Overflow::refuse);
  const auto handle = parts.central.events().listen([bell](const central::Event&) { bell->push(true); });
  base::spawn(socket.executor(), notice_end(socket, bell), "event client");
  watch_session(parts, request, socket, central::Authority::events);
  bell->push(true);
  asio::steady_timer timer(socket.executor());
  std::int64_t sent = *since;
  auto gap = co_await look_for_gap(parts, request.account, sent);
  if (!gap) {
    base::log_error("events after {}: {}", sent, gap.error().message);
    const std::string text = error_text({{}, gap.error()});
    co_await socket.send_text(text);
    co_return;
  }
  if (*gap) {
    sent = (*gap)->sequence;
    (*gap)->time = parts.clock.now();
    const std::string text = json::serialize(to_json(**gap));
    const bool taken = co_await socket.send_text(text);
    if (!taken) co_return;
  }
  for (;;) {
    const auto rung = co_await bell->pop();
    if (!rung) break;
    for (;;) {
      const auto events = co_await next_events(parts, request.account, sent);
      if (events && events->empty()) break;
      if (!events) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        if (!socket.is_open()) co_return;
        continue;
      }
      // The sign-in may have ended, or lost rights, since the last event.
      if (parts.central.sign_in().sessions.account(request.session) != request.account) co_return;
      const auto rights = parts.central.accounts().rights(request.account);
      for (const auto& shown : *events) {
        sent = shown->event.sequence;
        if (!may_read(*rights, shown->event)) continue;
        const std::string stripped =
            hides_details(*rights, shown->event) ? json::serialize(shown_to(*rights, shown->event)) : "";
        const bool taken = co_await socket.send_text(stripped.empty() ? shown->json : stripped);
        if (!taken) co_return;
      }
    }
  }
}

http::Response list_events(ServerParts& parts, const Request& request) {
  const auto since = number_of(request, "since", 0, 0, INT64_MAX);
  if (!since) return error_response(since.error());
  const auto limit = number_of(request, "limit", page, 1, page);
  if (!limit) return error_response(limit.error());
  json::array list;
  const auto rights = parts.central.accounts().rights(request.account);
  // Where to go on, although nothing of this page may be for the caller.
  std::int64_t read_to = *since;
  for (const auto& event : parts.central.events().since(*since, static_cast<std::size_t>(*limit))) {
    read_to = event.sequence;
    if (may_read(*rights, event)) list.push_back(shown_to(*rights, event));
  }
  return http::json_response(
      200, json::object{
               {"events", std::move(list)}, {"read_to", read_to}, {"last", parts.central.events().last()}});
}

}  // namespace

void add_event_routes(http::Router& router, ServerParts& parts) {
  const http::QueryParameter since{"since", "number of an event; those after it", "integer"};
  router
      .add("GET", "/api/v1/events", {"events"}, "Events after a sequence number, oldest first",
           on_workers(parts, list_events))
      .query = {since, {"limit", "most events, 1 to 1000", "integer"}};
  router
      .add_socket("/api/v1/events", {"events"}, "Events as they happen, from a sequence number on",
                  [&parts](Request request, http::WebSocket socket) {
                    return push_events(parts, std::move(request), std::move(socket));
                  })
      .query = {since};
}

}  // namespace watchrig::api
