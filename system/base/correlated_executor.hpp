#pragma once

#include <memory>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include "system/base/correlation.hpp"

namespace watchrig::base {

/// Runs what it is given on another executor, within a CorrelationScope of one request: a coroutine that is
/// spawned on it is in that scope whenever it goes on, whatever it has waited for. What outlives the request
/// should not be made on it. Meets the requirements of an executor of Asio; copies are equal.
class CorrelatedExecutor {
 public:
  CorrelatedExecutor(boost::asio::any_io_executor executor, std::string id)
      : CorrelatedExecutor(std::move(executor), std::make_shared<const std::string>(std::move(id))) {}

  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
    return boost::asio::query(executor_, boost::asio::execution::context_as<boost::asio::execution_context&>);
  }
  template <class Property>
  requires boost::asio::can_require_v<boost::asio::any_io_executor, Property> CorrelatedExecutor
  require(const Property& property)
  const { return {boost::asio::require(executor_, property), id_}; }
  template <class Property>
  requires boost::asio::can_prefer_v<boost::asio::any_io_executor, Property> CorrelatedExecutor
  prefer(const Property& property)
  const { return {boost::asio::prefer(executor_, property), id_}; }
  template <class Work>
  void execute(Work&& work) const {
    executor_.execute([id = id_, work = std::decay_t<Work>(std::forward<Work>(work))]() mutable {
      const CorrelationScope scope(*id);
      std::move(work)();
    });
  }
  bool operator==(const CorrelatedExecutor&) const noexcept = default;

 private:
  CorrelatedExecutor(boost::asio::any_io_executor executor, std::shared_ptr<const std::string> id) noexcept
      : executor_(std::move(executor)), id_(std::move(id)) {}

  boost::asio::any_io_executor executor_;
  std::shared_ptr<const std::string> id_;
};

}  // namespace watchrig::base
