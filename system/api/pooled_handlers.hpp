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
        (void)parts;
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

/// For work that takes so long that operators want to see it: a task of that kind, from the request to its
/// answer. `work(parts, request)`, or `work(parts, request, entry)` when it knows how far it is.
template <class Work>
http::Handler as_task(ServerParts& parts, std::string kind, Work work) {
  return [&parts, kind = std::move(kind), work = std::move(work)](http::Request request) {
    auto entry = parts.central.tasks().add(kind, request.account);
    auto lane = request.account;
    return parts.workers.run(std::move(lane),
                             [&parts, work, entry = std::move(entry), request = std::move(request)] {
                               entry->start();
                               if constexpr (std::is_invocable_v<Work, ServerParts&, const http::Request&>) {
                                 return work(parts, request);
                               } else {
                                 return work(parts, request, *entry);
                               }
                             });
  };
}

/// For work that hashes passwords.
template <class Work>
http::Handler on_hashers(ServerParts& parts, Work work) {
  return on_pool(parts.hashers, parts, std::move(work));
}

}  // namespace watchrig::api
