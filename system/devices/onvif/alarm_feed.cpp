#include "system/devices/onvif/alarm_feed.hpp"

#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/devices/onvif/onvif_media.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;

namespace {

/// Of one question: a pull, with what the network takes.
constexpr auto patience = std::chrono::seconds(30);
constexpr base::Duration short_rest = std::chrono::milliseconds(250), rest = std::chrono::seconds(1),
                         long_rest = std::chrono::minutes(10), quiet = std::chrono::minutes(1);
constexpr int failures_to_tell = 2, deaths_to_tell = 2, empty_pulls_to_tell = 5;

OnvifClient::Options patient(OnvifClient::Options options) {
  options.deadline = patience;
  return options;
}

/// Tokens of video sources and of their configurations, each with the number of its channel.
std::map<std::string, unsigned> sources_of(const std::vector<OnvifProfile>& profiles, unsigned& count) {
  std::map<std::string, unsigned> numbers, sources;
  for (const auto& profile : profiles) {
    if (profile.source.empty()) continue;
    const auto number = sources.emplace(profile.source, sources.size() + 1).first->second;
    numbers.emplace(profile.source, number);
    numbers.emplace(profile.source_configuration, number);
  }
  count = static_cast<unsigned>(sources.size());
  return numbers;
}

}  // namespace

AlarmFeed::AlarmFeed(asio::any_io_executor executor, const base::Clock& clock, Options options,
                     std::shared_ptr<AlarmListener> listener)
    : clock_(clock),
      options_{patient(std::move(options.device)), options.seed},
      listener_(std::move(listener)),
      timer_(std::move(executor), clock),
      backoff_({}, options.seed),
      states_([listener = listener_](const DeviceAlarm& alarm) { listener->alarm(alarm); }) {}

std::shared_ptr<AlarmFeed> AlarmFeed::start(asio::any_io_executor executor, const base::Clock& clock,
                                            Options options, std::shared_ptr<AlarmListener> listener) {
  std::shared_ptr<AlarmFeed> feed(new AlarmFeed(executor, clock, std::move(options), std::move(listener)));
  base::spawn(std::move(executor), run(feed), "events of a device");
  return feed;
}

void AlarmFeed::stop() {
  stopped_ = true;
  states_.end_all(clock_.now());
  timer_.cancel();
}

asio::awaitable<void> AlarmFeed::run(std::shared_ptr<AlarmFeed> feed) {
  // Not all devices of a server that starts at the same moment.
  co_await feed->timer_.wait_for(feed->backoff_.next(feed->clock_.now()));
  while (!feed->stopped_) {
    const auto why = co_await feed->follow();
    if (feed->stopped_) break;
    feed->fail(why);
    const auto wait = feed->pause(why);
    co_await feed->timer_.wait_for(wait);
  }
}

/// One that answers, but has forgotten us, is asked again soon; others as a device that is away.
base::Duration AlarmFeed::pause(const Error& error) {
  if (pulled_ && error.kind == ErrorKind::not_found) return short_rest;
  if (error.kind == ErrorKind::unsupported) return long_rest;
  return backoff_.next(clock_.now());
}

asio::awaitable<Error> AlarmFeed::follow() {
  OnvifClient client(clock_, options_.device);
  PullPoint point(
      client, clock_, [this](std::string_view name, const std::string& detail) { take_quirk(name, detail); },
      quirks_.contains(PullPoint::huge_messages) ? 1 : PullPoint::most_messages);
  pulled_ = false;
  auto going = co_await subscribe(client, point);
  while (going && !stopped_) {
    const auto begin = clock_.now();
    const auto list = co_await point.pull();
    if (stopped_) break;
    if (!list) {
      if (list.error().kind == ErrorKind::not_found && clock_.now() < point.ends())
        note_death(clock_.now() - point.created());
      co_return list.error();
    }
    succeed();
    const auto pause = take(*list, clock_.now() - begin);
    if (pause > base::Duration::zero()) co_await timer_.wait_for(pause);
    if (stopped_) break;
    going = co_await keep(point);
  }
  if (stopped_ && point.open()) co_await point.end();
  co_return going ? Error{ErrorKind::cancelled, "stopped"} : going.error();
}

asio::awaitable<base::Result<>> AlarmFeed::subscribe(OnvifClient& client, PullPoint& point) {
  const auto services = co_await OnvifServices::meet(client);
  if (!services) co_return services.error();
  if (!services->has("tev")) co_return Error{ErrorKind::unsupported, "the device has no ONVIF event service"};
  co_await name_places(client, *services);
  event_path_ = services->path("tev");
  states_.subscribed();
  auto created = co_await point.create(event_path_);
  co_return created;
}

/// What a device does not tell of its inputs and sources, its events have to do without.
asio::awaitable<void> AlarmFeed::name_places(OnvifClient& client, const OnvifServices& services) {
  if (services.has("tmd")) {
    const std::string io_path = services.path("tmd");
    const auto inputs = co_await client.ask(io_path, "tmd:GetDigitalInputs", {});
    std::map<std::string, unsigned> numbers;
    if (inputs) {
      for (const auto& input : protocols::children(inputs->content(), "DigitalInputs"))
        numbers.emplace(input.attribute("token").value(), numbers.size() + 1);
      const auto count = static_cast<unsigned>(numbers.size());
      states_.name_places(EventClass::input, std::move(numbers), count);
    }
  }
  const auto media = co_await OnvifMedia::find(client, services);
  if (!media) co_return;
  unsigned count = 0;
  const auto numbers = sources_of(media->profiles, count);
  if (count == 0) co_return;
  for (const auto kind : {EventClass::motion, EventClass::tampering})
    states_.name_places(kind, numbers, count);
}

asio::awaitable<base::Result<>> AlarmFeed::keep(PullPoint& point) {
  const auto renewed = co_await point.renew();
  if (renewed || renewed.error().kind != ErrorKind::conflict) co_return renewed;
  // While the old one still lasts, so that nothing is missed.
  co_await point.end();
  auto created = co_await point.create(event_path_);
  co_return created;
}

base::Duration AlarmFeed::take(const NoticeList& list, base::Duration waited) {
  const auto now = clock_.now();
  const auto repeated = states_.repeated(), withheld = states_.withheld(), refused = states_.refused();
  std::size_t alarms = 0;
  for (const auto& notice : list.notices) {
    if (notice.kind == EventClass::relay) continue;
    states_.take(notice, now);
    ++alarms;
  }
  states_.settle(now);
  const auto all = list.notices.size() + list.unknown + list.malformed;
  if (all == 0 && waited >= short_rest) look_for_lone_channel();
  for (const auto& [what, count] : {std::pair<std::string_view, std::uint64_t>{"received", all},
                                    {"repeated", states_.repeated() - repeated},
                                    {"unknown", list.unknown},
                                    {"malformed", list.malformed},
                                    {"withheld", states_.withheld() - withheld},
                                    {"refused", states_.refused() - refused}}) {
    if (count > 0) listener_->counted(what, count);
  }
  if (states_.withheld() > withheld || states_.refused() > refused) {
    if (!flood_) listener_->flood();
    flood_ = now;
  } else if (flood_ && now - *flood_ > quiet) {
    flood_.reset();
  }
  if (all >= PullPoint::most_messages / 2) return rest;
  const bool news = alarms > states_.repeated() - repeated;
  if (news || waited >= short_rest) {
    empty_ = 0;
    return news ? base::Duration(std::chrono::milliseconds(20)) : base::Duration::zero();
  }
  if (++empty_ == empty_pulls_to_tell) {
    if (list.notices.empty()) {
      take_quirk("pull-returns-at-once", "it does not wait for events, but is asked each second");
    } else {
      take_quirk("initialized-repeated", "it tells its states anew with each pull, but is asked each second");
    }
  }
  return rest;
}

/// Once it has told all states that it is asked for at the begin, and waits for news.
void AlarmFeed::look_for_lone_channel() {
  if (const auto number = states_.lone_place(EventClass::motion); number != 0) {
    take_quirk("events-on-one-channel",
               fmt::format("of its channels it tells the state of number {} alone, which may stand for all",
                           number));
  }
}

void AlarmFeed::take_quirk(std::string_view name, const std::string& detail) {
  if (quirks_.emplace(name).second) listener_->quirk(name, detail);
}

/// Once may be a restart of the device that nobody has noticed.
void AlarmFeed::note_death(base::Duration age) {
  if (++deaths_ < deaths_to_tell) return;
  take_quirk("pull-point-dies",
             fmt::format("it forgets subscriptions before their time, the last one after {}",
                         base::format_duration(std::chrono::round<std::chrono::seconds>(age))));
}

void AlarmFeed::succeed() {
  if (!pulled_) backoff_.connected(clock_.now());
  pulled_ = true;
  failures_ = 0;
  if (!std::exchange(told_loss_, {}).empty()) listener_->resumed();
}

void AlarmFeed::fail(const Error& error) {
  if (error.kind != ErrorKind::not_found) deaths_ = 0;
  const bool at_once = error.kind == ErrorKind::unsupported || error.kind == ErrorKind::denied;
  if (++failures_ < failures_to_tell && !at_once) return;
  if (told_loss_ == error.message) return;
  told_loss_ = error.message;
  listener_->lost(error.message);
}

}  // namespace watchrig::devices
