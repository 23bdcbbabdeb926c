#include "system/base/executor_pool.hpp"

#include <algorithm>

namespace watchrig::base {

ExecutorPool::ExecutorPool(unsigned threads) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) lanes_.push_back(std::make_unique<Lane>());
}

ExecutorPool::~ExecutorPool() {
  stop();
  // Twice: a coroutine that waits on another executor's socket is sent home to be destroyed, and its home may
  // have been emptied before.
  for (int pass = 0; pass < 2; ++pass) {
    for (const auto& lane : lanes_) lane->context.shutdown();
  }
}

asio::io_context::executor_type ExecutorPool::next() {
  return lanes_[turn_++ % lanes_.size()]->context.get_executor();
}

void ExecutorPool::run() {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < lanes_.size(); ++i) {
    threads.emplace_back([lane = lanes_[i].get()] { lane->context.run(); });
  }
  lanes_[0]->context.run();
}

void ExecutorPool::stop() {
  for (const auto& lane : lanes_) lane->context.stop();
}

}  // namespace watchrig::base
