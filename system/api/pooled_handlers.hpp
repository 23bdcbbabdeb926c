#pragma once

#include <type_traits>
#include <utility>

#include "system/api/server_parts.hpp"

namespace watchrig::api {

/// A handler that does its `work(parts, request)`, or `work(request)`, on a thread of the pool. Accounts, and
/// hosts where nobody is signed in, take turns.
template <class Work>
http::Handler on_pool(WorkPool& pool, ServerParts& parts, Work work) {
  return [&pool, &parts, work = std::move(work)](http::Request request) {
    auto lane = request.account.empty() ? request.source() : request.account;
    return pool.run(std::move(lane), [&parts, work, request = std::move(request)] {
      if constexpr (std::is_invocable_v<Work, ServerParts&, const http::Request&>) {
        return work(parts, request);
      } else {
        return work(request);
      }
    });
  };
}

/// For work that waits for disks or other programs, or takes long.
template <class Work>
http::Handler on_workers(ServerParts& parts, Work work) {
  return on_pool(parts.workers, parts, std::move(work));
}

/// For work that hashes passwords.
template <class Work>
http::Handler on_hashers(ServerParts& parts, Work work) {
  return on_pool(parts.hashers, parts, std::move(work));
}

}  // namespace watchrig::api
