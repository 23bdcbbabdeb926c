#include "system/base/executor_pool.hpp"

#include <set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "system/base/spawn.hpp"

namespace watchrig::base {
namespace {

using asio::ip::tcp;

asio::awaitable<void> accept_one(std::shared_ptr<tcp::acceptor> acceptor, tcp::socket /*owned*/) {
  co_await acceptor->async_accept(asio::use_awaitable);
}

TEST(ExecutorPool, GivesOutItsExecutorsInTurn) {
  ExecutorPool pool(3);
  const auto first = pool.next();
  const auto second = pool.next();
  const auto third = pool.next();
  EXPECT_NE(first, second);
  EXPECT_NE(second, third);
  EXPECT_EQ(pool.next(), first);
}

TEST(ExecutorPool, RunsOneThreadAnExecutorUntilItIsStopped) {
  ExecutorPool pool(2);
  std::set<std::thread::id> threads;
  const auto first = pool.next();
  const auto second = pool.next();
  asio::post(first, [&] {
    threads.insert(std::this_thread::get_id());
    asio::post(second, [&] {
      threads.insert(std::this_thread::get_id());
      pool.stop();
    });
  });
  pool.run();
  EXPECT_EQ(threads.size(), 2U);
}

/// Whatever executor the coroutine, the acceptor it waits for and the socket it owns belong to.
TEST(ExecutorPool, DestroysWaitingCoroutinesWhoseSocketsBelongToOtherExecutors) {
  for (unsigned combination = 0; combination < 27; ++combination) {
    std::weak_ptr<tcp::acceptor> waiting;
    {
      ExecutorPool pool(3);
      const asio::any_io_executor lanes[] = {pool.next(), pool.next(), pool.next()};
      auto acceptor = std::make_shared<tcp::acceptor>(lanes[combination % 3],
                                                      tcp::endpoint(asio::ip::address_v4::loopback(), 0));
      waiting = acceptor;
      const auto& home = lanes[combination / 3 % 3];
      spawn(home, accept_one(std::move(acceptor), tcp::socket(lanes[combination / 9], tcp::v4())), "accept");
      asio::post(home, [&pool] { pool.stop(); });
      pool.run();
      EXPECT_FALSE(waiting.expired()) << combination;
    }
    EXPECT_TRUE(waiting.expired()) << combination;
  }
}

}  // namespace
}  // namespace watchrig::base
