#include "system/api/playback_readers.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"

namespace watchrig::api {

namespace asio = boost::asio;

namespace {

/// An exception on a thread of the pool would end the process.
bool runs_through(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const std::exception& problem) {
    base::log_error("reading a recording that is played: {}; the player is hung up on", problem.what());
  }
  return false;
}

}  // namespace

base::Result<PlaybackReaders::Place> PlaybackReaders::enter(const std::string& user,
                                                            const std::string& session) {
  const std::lock_guard lock(players_->mutex);
  const auto own_place = players_->of_session.find(session);
  if (own_place != players_->of_session.end()) {
    auto place = own_place->second.lock();
    if (place.use_count() > 0) return place;  // it owns no object, so it converts to false
  }
  auto& own = players_->of_user[user];
  const bool is_full = players_->all >= most;
  if (is_full || own >= most_of_one) {
    if (own == 0) players_->of_user.erase(user);
    return base::Error{base::ErrorKind::full,
                       fmt::format("{} recordings {} being played: stop one first",
                                   is_full ? most : most_of_one, is_full ? "are" : "of this log-in are")};
  }
  ++own;
  ++players_->all;
  Place place(nullptr, [players = players_, user, session](void*) {
    const std::lock_guard leaving(players->mutex);
    --players->all;
    if (--players->of_user[user] == 0) players->of_user.erase(user);
    const auto left = players->of_session.find(session);
    if (left != players->of_session.end() && left->second.expired()) players->of_session.erase(left);
  });
  players_->of_session[session] = place;
  return place;
}

asio::awaitable<bool> PlaybackReaders::run(std::function<void()> work) {
  const auto home = co_await asio::this_coro::executor;
  const auto begin = [this, &home, &work](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(pool_, [home, work = std::move(work), shared] {
      const bool done = runs_through(work);
      asio::post(home, [shared, done] { std::move (*shared)(done); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(begin,
                                                                                      asio::use_awaitable);
}

}  // namespace watchrig::api
