#include "system/api/recording_search.hpp"

#include <map>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/base/text.hpp"
#include "system/central/time/local_time.hpp"
#include "system/media/stream_names.hpp"
#include "system/storage/capacity_estimate.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

using Shared = std::shared_ptr<QuestionShare>;

constexpr std::size_t most_searched = 64;  // channels; as many as a player shows at once

/// The words of a parameter, with commas between them; none when it is missing.
std::vector<std::string> words_of(const Request& request, const char* name) {
  std::vector<std::string> words;
  const auto text = request.query_value(name);
  if (!text) return words;
  for (const auto word : base::split(*text, ',')) words.emplace_back(word);
  return words;
}

/// What is looked for of the channels, which the caller puts in.
central::FieldResult<platform::NvrPlaybackQuery> query_from(const Request& request, const Period& period) {
  auto stream = request.query_value("stream").value_or(std::string(media::main_stream));
  if (!media::is_stream_name(stream))
    return central::FieldError{"stream", {base::ErrorKind::invalid, "stream must be main, sub or sub2"}};
  auto types = words_of(request, "type");
  if (const auto known = platform::recording_types_from(types); !known)
    return central::FieldError{"type", known.error()};
  return platform::NvrPlaybackQuery{{}, std::move(stream), period.from, period.to, 0, std::move(types)};
}

json::array spans_json(const std::vector<platform::NvrRecord>& records) {
  json::array list;
  for (const auto& record : records) {
    list.push_back({{"from", base::format_utc(record.from, 9)},
                    {"to", base::format_utc(record.to, 9)},
                    {"frames", record.frames},
                    {"bytes", record.bytes},
                    {"types", json::value_from(record.types)}});
  }
  return list;
}

asio::awaitable<Response> list_spans(ServerParts& parts, Shared share, Request request) {
  const auto period = period_of(request, true);
  if (!period) co_return error_response(period.error());
  auto query = query_from(request, *period);
  if (!query) co_return error_response(query.error());
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  query->channel = request.param("channel");
  const auto records = co_await parts.storage_queries.records(*std::move(query), trace_name(request));
  if (!records) co_return http::error_response(records.error());
  co_return http::json_response(200, json::object{{"spans", spans_json(*records)}});
}

/// The server's local day, from midnight to midnight.
central::FieldResult<Period> day_of(ServerParts& parts, const Request& request, const std::string& text) {
  if (request.query_value("from") || request.query_value("to")) {
    return central::FieldError{
        "day", {base::ErrorKind::invalid, "day is instead of from and to: leave the one or the others out"}};
  }
  const auto local = central::LocalTime::from(parts.central.settings().values("time").values);
  if (!local) return local.error();
  const auto midnight = base::parse_utc(text + "T00:00:00Z");
  if (!midnight) {
    return central::FieldError{"day", {base::ErrorKind::invalid, "day must be a date, such as 2026-03-29"}};
  }
  const std::chrono::local_days date(std::chrono::floor<std::chrono::days>(midnight->time_since_epoch()));
  const Period day{local->begin_of(date), local->begin_of(date + std::chrono::days(1))};
  if (day.from == day.to) {
    return central::FieldError{
        "day", {base::ErrorKind::invalid, fmt::format("the zone {} has left out {}", local->zone(), text)}};
  }
  return day;
}

central::FieldResult<Period> searched_period(ServerParts& parts, const Request& request) {
  if (const auto day = request.query_value("day")) return day_of(parts, request, *day);
  if (!request.query_value("from") && !request.query_value("to"))
    return central::FieldError{"day", {base::ErrorKind::invalid, "give day, or from and to"}};
  auto period = period_of(request, false);
  if (period && period->to - period->from > longest_search) {
    return central::FieldError{
        "to",
        {base::ErrorKind::invalid, "a search covers at most 31 days: narrow the time, or ask in parts"}};
  }
  return period;
}

/// Server manual 7.2.1, platform manual 1.2.2.
asio::awaitable<Response> search(ServerParts& parts, Shared share, Request request) {
  const auto period = searched_period(parts, request);
  if (!period) co_return error_response(period.error());
  const auto query = query_from(request, *period);
  if (!query) co_return error_response(query.error());
  const auto channels =
      named_channels(parts, request.account, words_of(request, "channels"), central::Authority::playback);
  if (!channels) co_return error_response(channels.error());
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  json::array found;
  for (const auto& of : *channels) {
    auto asked = *query;
    asked.channel = of.channel->id;
    const auto records = co_await parts.storage_queries.records(std::move(asked), trace_name(request));
    if (!records) co_return http::error_response(records.error());
    found.push_back(
        {{"channel", of.channel->id}, {"name", of.channel->name}, {"spans", spans_json(*records)}});
  }
  co_return http::json_response(200, json::object{{"from", base::format_utc(period->from, 3)},
                                                  {"to", base::format_utc(period->to, 3)},
                                                  {"recordings", std::move(found)}});
}

/// Server manual 7.2.1: the days of a month on which something is recorded.
asio::awaitable<Response> list_days(ServerParts& parts, Shared share, Request request) {
  const auto month = request.query_value("month").value_or("");
  const auto first = base::parse_utc(month + "-01T00:00:00Z");
  if (!first) {
    co_return error_response({"month", {base::ErrorKind::invalid, "month must be a month, such as 2026-03"}});
  }
  const auto query = query_from(request, {});
  if (!query) co_return error_response(query.error());
  const auto channels =
      named_channels(parts, request.account, words_of(request, "channels"), central::Authority::playback);
  if (!channels) co_return error_response(channels.error());
  const auto local = central::LocalTime::from(parts.central.settings().values("time").values);
  if (!local) co_return error_response(local.error());
  platform::QueryNvrDays asked{{}, query->stream, {}, query->types};
  const std::chrono::local_days begin(std::chrono::floor<std::chrono::days>(first->time_since_epoch()));
  const auto end = std::chrono::local_days(std::chrono::year_month_day(begin).year() /
                                           std::chrono::year_month_day(begin).month() / std::chrono::last);
  std::map<base::UtcTime, std::string> names;
  for (auto day = begin; day <= end; day += std::chrono::days(1)) {
    const auto bound = local->begin_of(day);
    // A day that a zone has left out begins with the next.
    names[bound] = base::format_utc(base::UtcTime(day.time_since_epoch()), 0).substr(0, 10);
    if (asked.bounds.empty() || bound > asked.bounds.back()) asked.bounds.push_back(bound);
  }
  const auto last = local->begin_of(end + std::chrono::days(1));
  if (last > asked.bounds.back()) asked.bounds.push_back(last);
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  json::array found;
  for (const auto& of : *channels) {
    asked.channel = of.channel->id;
    auto question = asked;
    const auto answer = co_await parts.storage_queries.days(std::move(question), trace_name(request));
    if (!answer) co_return http::error_response(answer.error());
    json::array days;
    for (const auto bound : answer->recorded) days.emplace_back(names.at(bound));
    found.push_back({{"channel", of.channel->id}, {"name", of.channel->name}, {"days", std::move(days)}});
  }
  co_return http::json_response(200, json::object{{"zone", local->zone()}, {"recordings", std::move(found)}});
}

/// Server manual, appendix 3: the capacity for a time, or the time of a capacity.
Response estimate(const Request& request) {
  using Estimate = storage::CapacityEstimate;
  const auto channels = number_of(request, "channels", 1, 1, Estimate::most_channels);
  if (!channels) return error_response(channels.error());
  const auto kbps = number_of(request, "kbps", 0, 1, Estimate::most_kbps);
  if (!kbps) return error_response(kbps.error());
  const auto given = number_of(request, "mb_per_hour", 0, 1, Estimate::most_kbps);
  if (!given) return error_response(given.error());
  if ((*kbps == 0) == (*given == 0)) {
    return error_response({*kbps == 0 ? "kbps" : "mb_per_hour",
                           {base::ErrorKind::invalid, "give one of kbps and mb_per_hour"}});
  }
  const auto hours = number_of(request, "hours", 0, 1, Estimate::most_hours);
  if (!hours) return error_response(hours.error());
  const auto megabytes = number_of(request, "mb", 0, 1, Estimate::most_megabytes);
  if (!megabytes) return error_response(megabytes.error());
  if ((*hours == 0) == (*megabytes == 0)) {
    return error_response(
        {*hours == 0 ? "hours" : "mb", {base::ErrorKind::invalid, "give one of hours and mb"}});
  }
  const auto an_hour = *given ? *given : Estimate::megabytes_an_hour(*kbps);
  return http::json_response(
      200, json::object{{"mb_per_hour", an_hour},
                        {"hours", *hours ? *hours : Estimate::hours(*channels, *megabytes, an_hour)},
                        {"mb", *hours ? Estimate::megabytes(*channels, *hours, an_hour) : *megabytes}});
}

}  // namespace

central::FieldResult<std::vector<central::ChannelOfDevice>> named_channels(
    ServerParts& parts, const std::string& account, const std::vector<std::string>& names,
    central::Authority right) {
  const auto refused = [](base::ErrorKind kind, std::string message) {
    return central::FieldError{"channels", {kind, std::move(message)}};
  };
  if (names.empty() || names.size() > most_searched || names == std::vector<std::string>{""})
    return refused(base::ErrorKind::invalid, fmt::format("channels must be 1 to {} ids", most_searched));
  const auto rights = parts.central.accounts().rights(account);
  std::vector<central::ChannelOfDevice> channels;
  std::set<std::string> seen;
  for (const auto& name : names) {
    auto found = parts.central.registry().find_channel(name);
    // What one account may is told of the id: another channel may have it as its name.
    if (!found || !rights || !rights->sees(found->channel->id))
      return refused(base::ErrorKind::not_found, fmt::format("there is no channel \"{}\"", name));
    const auto& id = found->channel->id;
    if (!rights->may(right, id)) {
      return refused(base::ErrorKind::denied,
                     fmt::format("no right to {} channel \"{}\"; the administrator grants it",
                                 right == central::Authority::download ? "export" : "play", name));
    }
    if (seen.insert(id).second) channels.push_back(*std::move(found));
  }
  return channels;
}

void add_recording_search(http::Router& router, ServerParts& parts, const Shared& share) {
  const http::QueryParameter from{"from", "UTC"}, to{"to", "UTC"},
      stream{"stream", "main, sub or sub2; main without it"},
      type{"type", "regular, manual, motion, tampering, input, with commas between them; all without it"};
  router
      .add("GET", "/api/v1/channels/{channel}/spans", {"playback"},
           "Periods that are recorded without a hole",
           [&parts, share](Request request) { return list_spans(parts, share, std::move(request)); })
      .query = {from, to, stream, type};
  router
      .add("GET", "/api/v1/recordings", {"playback"}, "The same of several channels at once",
           [&parts, share](Request request) { return search(parts, share, std::move(request)); })
      .query = {{"channels", "1 to 64 ids, with commas between them; needed"},
                {"day", "of the server's zone, as 2026-03-29; instead of from and to"},
                from,
                to,
                stream,
                type};
  router
      .add("GET", "/api/v1/recordings/days", {"playback"},
           "The days of a month on which something is recorded of several channels",
           [&parts, share](Request request) { return list_days(parts, share, std::move(request)); })
      .query = {{"channels", "1 to 64 ids, with commas between them; needed"},
                {"month", "of the server's zone, as 2026-03"},
                stream,
                type};
  router
      .add_plain("GET", "/api/v1/recordings/estimate", {"playback"},
                 "The capacity that recordings of a time need, or the time for which a capacity suffices",
                 estimate)
      .query = {{"channels", "how many; 1 without it", "integer"},
                {"kbps", "kb/s of each", "integer"},
                {"mb_per_hour", "in place of kbps: MB that an hour of each takes", "integer"},
                {"hours", "that are recorded", "integer"},
                {"mb", "in place of hours: MB that there are", "integer"}};
}

}  // namespace watchrig::api
