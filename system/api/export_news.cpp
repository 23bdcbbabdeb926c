#include "system/api/export_news.hpp"

#include <fmt/format.h>

namespace watchrig::api {

void tell_export(central::EventLog& events, const storage::ExportJob& job) {
  const auto& order = job.order;
  for (const auto& channel : order.channels) {
    central::Event event;
    event.type = job.failure ? "recording.export-failed" : "recording.exported";
    event.channel = channel.id;
    event.channel_name = channel.name;
    event.account = order.account;
    event.message =
        fmt::format("what is recorded of channel \"{}\" from {} to {} was {}exported by \"{}\"{}",
                    channel.name, base::format_utc(order.from), base::format_utc(order.to),
                    job.failure ? "not " : "", order.account, job.failure ? ": " + job.failure->message : "");
    if (job.failure) event.result = to_string(job.failure->kind);
    event.data = {{"export", fmt::format("e{}", job.number)},
                  {"stream", channel.stream},
                  {"from", base::format_utc(order.from, 9)},
                  {"to", base::format_utc(order.to, 9)},
                  {"reason", order.reason}};
    if (!job.failure) event.data["manifest_sha256"] = job.made.manifest_sha256;
    events.append(std::move(event));
  }
}

}  // namespace watchrig::api
