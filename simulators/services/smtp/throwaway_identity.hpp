#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "system/base/result.hpp"

namespace watchrig::services {

/// A certificate for 127.0.0.1 that nobody has reason to trust, signed by itself, with a key made just now.
base::Result<std::shared_ptr<boost::asio::ssl::context>> throwaway_identity();

}  // namespace watchrig::services
