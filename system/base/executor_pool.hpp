#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace watchrig::base {

namespace asio = boost::asio;

/// Threads for input and output, one io_context each, so that whatever lives on one executor never runs in
/// parallel with itself. Work that needs the processor for more than a millisecond belongs on a pool of its
/// own.
class ExecutorPool {
 public:
  /// `threads` 0 means one a core.
  explicit ExecutorPool(unsigned threads = 0);
  /// Destroys what still waits on any executor before the first executor goes, since a coroutine of one may
  /// own a socket of another.
  ~ExecutorPool();
  ExecutorPool(const ExecutorPool&) = delete;
  ExecutorPool& operator=(const ExecutorPool&) = delete;

  /// The executors in turn. Any thread.
  asio::io_context::executor_type next();
  /// Runs until stop(); the calling thread serves the first executor.
  void run();
  /// Ends run() as soon as the handlers under way have returned. Any thread.
  void stop();

 private:
  struct Context : asio::io_context {
    Context() : asio::io_context(1) {}
    using asio::io_context::shutdown;
  };
  struct Lane {
    Context context;
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  };
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace watchrig::base
