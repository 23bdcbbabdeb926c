#include "system/storage/device_export.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "system/media/mp4_writer.hpp"

namespace watchrig::storage {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t most_units_waiting = 64;
/// What a device may send before the time that was asked for.
constexpr std::uint64_t most_useless_bytes = std::uint64_t{256} << 20;

/// More than a tick of the file's 90 kHz: what rises by less does not rise there.
constexpr base::Duration least_rise = std::chrono::microseconds(12);

/// What comes so long after the end is not shown before it.
constexpr base::Duration far_behind = std::chrono::seconds(1);

/// One session, written as it comes.
class Fetching {
 public:
  Fetching(const DeviceExport& wanted, const std::filesystem::path& path, const FetchProgress& reached)
      : wanted_(wanted), path_(path), reached_(reached) {}

  /// Whether more is wanted.
  Result<bool> take(media::AccessUnit unit);
  Result<ExportSummary> finish(const std::string& ended);

  media::Presentation tracks;

 private:
  void let_rise(media::AccessUnit& unit);

  const DeviceExport& wanted_;
  const std::filesystem::path& path_;
  const FetchProgress& reached_;
  std::optional<media::Mp4Writer> writer_;
  ExportSummary summary_;
  std::uint64_t useless_ = 0;
  std::vector<base::UtcTime> newest_;  ///< a track
};

/// Pictures that are shown in another order than they come have times that fall; a file's rise.
void Fetching::let_rise(media::AccessUnit& unit) {
  newest_.resize(std::max<std::size_t>(newest_.size(), unit.track + std::size_t{1}), base::UtcTime::min());
  auto& newest = newest_[unit.track];
  if (unit.time <= newest) unit.time = newest + least_rise;
  newest = unit.time;
}

Result<bool> Fetching::take(media::AccessUnit unit) {
  const bool video = media::is_video(unit.codec);
  if (!unit.sender_time) {
    if (!video) return true;
    return Error{ErrorKind::invalid, "the device does not say when the pictures that it plays were taken"};
  }
  unit.time = *unit.sender_time;
  if (reached_ && !reached_(unit.time - wanted_.clock_ahead))
    return Error{ErrorKind::cancelled, "nobody wants it any more"};
  // Some that come later may be shown earlier.
  if (unit.time >= wanted_.to) return unit.time < wanted_.to + far_behind && !(video && unit.key);
  let_rise(unit);
  if (unit.time >= wanted_.to) return true;
  if (!writer_) {
    auto writer = media::Mp4Writer::create(path_, {tracks, std::max(wanted_.from, unit.time), wanted_.to});
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
  }
  if (auto written = writer_->write(unit); !written) return written.error();
  summary_.bytes += unit.payload.size();
  if (unit.time < wanted_.from) {
    useless_ += unit.payload.size();
    if (useless_ > most_useless_bytes)
      return Error{ErrorKind::invalid, "the device plays what is older than the time that was asked for"};
  } else if (video) {
    const auto time = unit.time - wanted_.clock_ahead;
    if (summary_.frames++ == 0) summary_.from = time;
    summary_.to = time;
  }
  return true;
}

Result<ExportSummary> Fetching::finish(const std::string& ended) {
  if (summary_.frames == 0)
    return Error{ErrorKind::not_found, "the device plays nothing of this time: " + ended};
  const auto totals = writer_->finish();
  if (!totals) return totals.error();
  summary_.frames = totals->shown;
  return summary_;
}

asio::awaitable<Result<ExportSummary>> fetch(asio::any_io_executor executor, const base::Clock& clock,
                                             const DeviceExport& wanted, Fetching& fetching) {
  media::RtspClient client(executor, clock, wanted.client);
  auto tracks = co_await client.start();
  if (!tracks) co_return tracks.error();
  fetching.tracks = *std::move(tracks);
  std::string ended = "it has played everything";
  for (;;) {
    const auto unit = co_await client.next();
    if (!unit) {
      ended = unit.error().message;
      break;
    }
    const auto more = fetching.take(**unit);
    if (!more) co_return more.error();
    if (!*more) break;
  }
  co_await client.stop();
  co_return fetching.finish(ended);
}

}  // namespace

Result<ExportSummary> export_from_device(const base::Clock& clock, DeviceExport wanted,
                                         const std::filesystem::path& path, const FetchProgress& reached) {
  media::RtspReplay replay;
  replay.from = wanted.from;
  replay.to = wanted.to;
  replay.rate_control = false;
  wanted.client.replay = replay;
  wanted.client.transport = media::RtspClient::lossless(wanted.client.transport);
  wanted.client.after.reset();
  wanted.client.max_queued_units = most_units_waiting;
  Fetching fetching(wanted, path, reached);
  asio::io_context io(1);
  Result<ExportSummary> result = Error{ErrorKind::cancelled, "the fetching was broken off"};
  std::exception_ptr thrown;
  asio::co_spawn(io, fetch(io.get_executor(), clock, wanted, fetching),
                 [&](std::exception_ptr failure, Result<ExportSummary> done) {
                   thrown = failure;
                   result = std::move(done);
                 });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  if (!result) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  return result;
}

}  // namespace watchrig::storage
