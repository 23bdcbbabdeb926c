#include "system/http/failure_kind.hpp"

#include <algorithm>
#include <iterator>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>

namespace watchrig::http {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using base::ErrorKind;

ErrorKind failure_kind(const boost::system::error_code& failure) {
  if (failure == boost::beast::error::timeout || failure == asio::error::timed_out) return ErrorKind::timeout;
  if (failure == bhttp::error::body_limit) return ErrorKind::full;
  const boost::system::error_code by_the_peer[] = {asio::error::connection_refused,
                                                   asio::error::connection_reset,
                                                   asio::error::eof,
                                                   asio::error::broken_pipe,
                                                   asio::error::host_unreachable,
                                                   asio::error::network_unreachable,
                                                   asio::error::host_not_found,
                                                   asio::error::host_not_found_try_again,
                                                   bhttp::error::end_of_stream,
                                                   bhttp::error::partial_message,
                                                   asio::ssl::error::stream_truncated};
  return std::ranges::find(by_the_peer, failure) == std::end(by_the_peer) ? ErrorKind::io
                                                                          : ErrorKind::unavailable;
}

}  // namespace watchrig::http
