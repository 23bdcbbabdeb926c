#include "system/central/storage_queries.hpp"

#include <algorithm>
#include <iterator>

namespace watchrig::central {

using namespace platform;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

/// That storage has no room for a question says nothing about the room on its disks.
Error of_asker(Error error) {
  if (error.kind == ErrorKind::full || error.kind == ErrorKind::timeout) {
    error.kind = ErrorKind::unavailable;
    error.message += "; ask again, and if it stays so, restart the server";
  }
  return error;
}

}  // namespace

template <class Value, class Body>
StorageQueries::Answer<Value> StorageQueries::ask(Body body, std::string request, base::Duration patience) {
  auto message = to_message(central_role, storage_role, body);
  message.correlation = std::move(request);
  const Message asked = message;
  const auto answer = co_await async_ask(bus_, std::move(message), patience);
  if (!answer) co_return of_asker(answer.error());
  co_return from_answer<Value>(asked, *answer);
}

StorageQueries::Answer<std::vector<NvrRecord>> StorageQueries::records(NvrPlaybackQuery query,
                                                                       std::string request) {
  std::vector<NvrRecord> all;
  query.most = at_a_time_;
  for (bool more = true; more;) {
    auto list = co_await ask<NvrRecordList>(query, request, patience_);
    if (!list) co_return list.error();
    more = list->more;
    if (more && (list->records.empty() || list->records.back().to <= query.from))
      co_return Error{ErrorKind::invalid, "nvr_record_list from storage: it has more, and leads nowhere"};
    if (more) query.from = list->records.back().to;
    all.insert(all.end(), list->records.begin(), list->records.end());
  }
  co_return all;
}

StorageQueries::Answer<NvrDays> StorageQueries::days(QueryNvrDays query, std::string request) {
  return ask<NvrDays>(std::move(query), std::move(request), patience_);
}

StorageQueries::Answer<NvrLock> StorageQueries::lock(LockNvrRecord record, std::string request) {
  return ask<NvrLock>(std::move(record), std::move(request), patience_);
}

StorageQueries::Answer<NvrLock> StorageQueries::unlock(std::int64_t id, std::string request) {
  return ask<NvrLock>(UnlockNvrRecord{id}, std::move(request), patience_);
}

StorageQueries::Answer<NvrVolumes> StorageQueries::volumes(std::string request) {
  const platform::QueryNvrVolumes query;
  co_return co_await ask<NvrVolumes>(query, request, patience_);
}

StorageQueries::Answer<std::vector<NvrLock>> StorageQueries::locks(std::string request) {
  std::vector<NvrLock> all;
  QueryNvrLocks query{0, at_a_time_};
  for (bool more = true; more;) {
    const auto part = co_await ask<NvrLocks>(query, request, patience_);
    if (!part) co_return part.error();
    more = std::ssize(part->locks) == at_a_time_;
    all.insert(all.end(), part->locks.begin(), part->locks.end());
    if (!all.empty()) query.behind = all.back().id;
  }
  co_return all;
}

StorageQueries::Answer<NvrRecordPlace> StorageQueries::download(NvrDownloadRecord record,
                                                                std::string request) {
  return ask<NvrRecordPlace>(std::move(record), std::move(request), patience_);
}

StorageQueries::Answer<StorageAlive> StorageQueries::alive(std::string request) {
  return ask<StorageAlive>(KeepAlive{}, std::move(request), patience_ / 10);
}

StorageQueries::Answer<std::vector<ChannelReport>> StorageQueries::channels(std::vector<std::string> ids,
                                                                            std::string request) {
  std::vector<ChannelReport> all;
  const auto part = static_cast<std::size_t>(at_a_time_);
  for (std::size_t from = 0; from < ids.size(); from += part) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(part, ids.size() - from));
    QueryNvrChannels query{{begin, end}};
    auto list = co_await ask<NvrChannelList>(std::move(query), request, patience_ / 10);
    if (!list) co_return list.error();
    std::ranges::move(list->channels, std::back_inserter(all));
  }
  co_return all;
}

StorageQueries::Answer<NvrBandwidth> StorageQueries::bandwidth(std::string request) {
  return ask<NvrBandwidth>(QueryNvrBandwidth{}, std::move(request), patience_ / 10);
}

StorageQueries::Answer<PlayUrl> StorageQueries::play(PlayRequest stream, std::string request) {
  return ask<PlayUrl>(std::move(stream), std::move(request), patience_ / 10);
}

}  // namespace watchrig::central
