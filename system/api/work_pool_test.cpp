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
  void ask(WorkPool::Work work) {
    asio::co_spawn(io, pool.run(std::move(work)),
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
