#include "system/api/work_pool.hpp"

#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace watchrig::api {
namespace {

namespace asio = boost::asio;
using http::Response;

struct WorkPoolTest : testing::Test {
  /// Answers appear in `statuses` as they come; a failed one is 0.
  void ask(WorkPool::Work work, const std::string& lane = {}) {
    asio::co_spawn(io, pool.run(lane, std::move(work)),
                   [this](const std::exception_ptr& failure, const Response& answer) {
                     statuses.push_back(failure ? 0 : answer.status);
                   });
  }

  asio::io_context io;
  WorkPool pool{1, 2};
  std::vector<int> statuses;
};

TEST_F(WorkPoolTest, what_comes_beyond_the_limit_is_told_to_come_again) {
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  const auto slow = [may_go] {
    may_go.wait();
    return Response{};
  };
  for (int i = 0; i < 3; ++i) ask(slow);
  io.poll();
  EXPECT_EQ(statuses, std::vector<int>{503});
  go.set_value();
  io.run();
  EXPECT_EQ(statuses, (std::vector<int>{503, 200, 200}));
}

TEST_F(WorkPoolTest, lanes_are_served_in_turn_and_the_longest_gives_up_its_last) {
  WorkPool fair{1, 5};
  std::promise<void> go;
  std::vector<std::string> done;
  const auto enter = [&](const std::string& lane, const std::string& name, WorkPool::Work work) {
    asio::co_spawn(io, fair.run(lane, std::move(work)),
                   [&done, name](const std::exception_ptr&, const Response& answer) {
                     done.push_back(name + (answer.status == 200 ? "" : " refused"));
                   });
  };
  std::promise<void> begun;
  enter("flood", "first", [&] {
    begun.set_value();
    go.get_future().wait();
    return Response{};
  });
  io.poll();
  begun.get_future().wait();
  const auto quick = [] { return Response{}; };
  for (const auto* name : {"f1", "f2", "f3", "f4", "f5"}) enter("flood", name, quick);
  enter("ann", "ann", quick);
  enter("bob", "bob", quick);
  enter("ann", "ann again", quick);
  io.poll();
  EXPECT_EQ(done, (std::vector<std::string>{"f5 refused", "f4 refused", "f3 refused", "ann again refused"}));
  done.clear();
  go.set_value();
  io.restart();
  io.run();
  EXPECT_EQ(done, (std::vector<std::string>{"first", "f1", "ann", "bob", "f2"}));
}

TEST_F(WorkPoolTest, failed_work_gives_its_place_back) {
  for (int i = 0; i < 3; ++i) {
    ask([]() -> Response { throw std::runtime_error("broken"); });
    io.run();
    io.restart();
  }
  EXPECT_EQ(statuses, (std::vector<int>{0, 0, 0}));
  ask([] { return Response{}; });
  io.run();
  EXPECT_EQ(statuses.back(), 200);
}

}  // namespace
}  // namespace watchrig::api
