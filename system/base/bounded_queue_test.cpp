#include "system/base/bounded_queue.hpp"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/base/executor_pool.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::base {

struct Picture {
  int number;
  bool key = false;
  std::size_t bytes = 1;
};
std::size_t queued_bytes(const Picture& picture) { return picture.bytes; }
bool is_restart_point(const Picture& picture) { return picture.key; }

namespace {

using Queue = BoundedQueue<Picture>;

std::vector<int> drain(Queue& queue) {
  std::vector<int> numbers;
  while (const auto picture = queue.try_pop()) numbers.push_back(picture->number);
  return numbers;
}

class BoundedQueueTest : public testing::Test {
 protected:
  asio::io_context context_;
};

TEST_F(BoundedQueueTest, RefuseKeepsWhatIsThere) {
  Queue queue(context_.get_executor(), {2}, Overflow::refuse);
  EXPECT_TRUE(queue.push({1}));
  EXPECT_TRUE(queue.push({2}));
  EXPECT_FALSE(queue.push({3}));
  EXPECT_EQ(queue.stats().dropped, 1U);
  EXPECT_EQ(drain(queue), (std::vector{1, 2}));
  EXPECT_TRUE(queue.push({4}));
}

TEST_F(BoundedQueueTest, DropOldestKeepsTheNewest) {
  Queue queue(context_.get_executor(), {2}, Overflow::drop_oldest);
  for (int i = 1; i <= 4; ++i) queue.push({i, true});
  EXPECT_EQ(drain(queue), (std::vector{3, 4}));
  EXPECT_EQ(queue.stats().dropped, 2U);
}

TEST_F(BoundedQueueTest, DropToRestartGoesOnWithTheNextKeyPicture) {
  Queue queue(context_.get_executor(), {2}, Overflow::drop_to_restart);
  queue.push({1, true});
  queue.push({2});
  EXPECT_FALSE(queue.push({3}));
  EXPECT_FALSE(queue.push({4}));
  EXPECT_TRUE(queue.push({5, true}));
  EXPECT_TRUE(queue.push({6}));
  EXPECT_EQ(drain(queue), (std::vector{5, 6}));
  EXPECT_EQ(queue.stats().dropped, 4U);
}

TEST_F(BoundedQueueTest, ByteLimitHoldsAtItsEdge) {
  Queue queue(context_.get_executor(), {100, 10}, Overflow::refuse);
  EXPECT_TRUE(queue.push({1, false, 10}));
  EXPECT_FALSE(queue.push({2, false, 1}));
  EXPECT_EQ(queue.stats().bytes, 10U);
  drain(queue);
  EXPECT_EQ(queue.stats().bytes, 0U);
  EXPECT_FALSE(queue.push({3, false, 11}));
}

TEST_F(BoundedQueueTest, StartsAtARestartPointWithoutCountingALoss) {
  Queue queue(context_.get_executor(), {10}, Overflow::refuse, Start::at_restart_point);
  queue.push({1});
  queue.push({2, true});
  queue.push({3});
  EXPECT_EQ(drain(queue), (std::vector{2, 3}));
  EXPECT_EQ(queue.stats().dropped, 0U);
}

asio::awaitable<void> consume(Queue& queue, std::vector<int>& numbers, bool& ended) {
  while (const auto picture = co_await queue.pop()) numbers.push_back(picture->number);
  ended = true;
}

TEST_F(BoundedQueueTest, CloseLetsTheConsumerTakeTheRest) {
  Queue queue(context_.get_executor(), {10}, Overflow::refuse);
  std::vector<int> numbers;
  bool ended = false;
  spawn(context_.get_executor(), consume(queue, numbers, ended), "consumer");
  context_.poll();
  queue.push({1});
  queue.close();
  EXPECT_FALSE(queue.push({2}));
  context_.run();
  EXPECT_EQ(numbers, std::vector{1});
  EXPECT_TRUE(ended);
}

TEST_F(BoundedQueueTest, DestroyingTheQueueEndsTheConsumer) {
  auto queue = std::make_unique<Queue>(context_.get_executor(), Queue::Limits{10}, Overflow::refuse);
  std::vector<int> numbers;
  bool ended = false;
  spawn(context_.get_executor(), consume(*queue, numbers, ended), "consumer");
  context_.poll();
  queue.reset();
  context_.run();
  EXPECT_TRUE(ended);
}

TEST(BoundedQueueThreads, ManyProducersLoseNothing) {
  constexpr int producers = 4;
  constexpr int each = 5000;
  ExecutorPool pool(1);
  Queue queue(pool.next(), {producers * each}, Overflow::refuse);
  std::vector<int> numbers;
  bool ended = false;
  spawn(pool.next(), consume(queue, numbers, ended), "consumer");
  std::jthread runner([&] { pool.run(); });
  {
    std::vector<std::jthread> threads;
    for (int p = 0; p < producers; ++p) {
      threads.emplace_back([&queue, p] {
        for (int i = 0; i < each; ++i) queue.push({p * each + i});
      });
    }
  }
  queue.close();
  asio::io_context::executor_type executor = pool.next();
  asio::post(executor, [&] { pool.stop(); });
  runner.join();
  EXPECT_EQ(numbers.size() + queue.stats().size, static_cast<std::size_t>(producers * each));
  EXPECT_EQ(queue.stats().dropped, 0U);
}

}  // namespace
}  // namespace watchrig::base
