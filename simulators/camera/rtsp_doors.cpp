#include "simulators/camera/rtsp_doors.hpp"

#include <utility>

namespace watchrig::camera {

using media::RtspServer;

base::Result<std::unique_ptr<RtspDoors>> RtspDoors::start(
    RtspServer::Options options, const base::Clock& clock, const Executors& executors,
    const std::shared_ptr<media::RtspContent>& content) {
  auto doors = std::make_unique<RtspDoors>();
  auto by_tls = options;
  options.tls.reset();
  auto clear = RtspServer::start(std::move(options), clock, executors, content);
  if (!clear) return clear.error();
  doors->clear_ = *std::move(clear);
  if (!by_tls.tls) return doors;
  by_tls.port = 0;
  auto tls = RtspServer::start(std::move(by_tls), clock, executors, content);
  if (!tls) return tls.error();
  doors->tls_ = *std::move(tls);
  return doors;
}

RtspServer::Stats RtspDoors::stats() const {
  auto all = clear_->stats();
  if (!tls_) return all;
  const auto more = tls_->stats();
  using Stats = RtspServer::Stats;
  for (const auto counter :
       {&Stats::accepted, &Stats::connections, &Stats::playing, &Stats::sessions, &Stats::bytes,
        &Stats::packets, &Stats::slow_readers, &Stats::timeouts, &Stats::lost_reported})
    all.*counter += more.*counter;
  return all;
}

void RtspDoors::stop_accepting() {
  clear_->stop_accepting();
  if (tls_) tls_->stop_accepting();
}

base::Result<> RtspDoors::resume_accepting() {
  auto resumed = clear_->resume_accepting();
  return resumed && tls_ ? tls_->resume_accepting() : resumed;
}

void RtspDoors::move_to(const CameraPlace& place) {
  clear_->move_to(place.address, place.rtsp_port);
  if (tls_) tls_->move_to(place.address, tls_->port());
}

void RtspDoors::drop_all_sessions(bool reset) {
  clear_->drop_all_sessions(reset);
  if (tls_) tls_->drop_all_sessions(reset);
}

void RtspDoors::stall(bool on) {
  clear_->stall(on);
  if (tls_) tls_->stall(on);
}

void RtspDoors::show(media::TlsContext identity) {
  if (!tls_) return;
  tls_->set_tls(std::move(identity));
  tls_->drop_all_sessions(false);
}

void RtspDoors::stop() {
  clear_->stop();
  if (tls_) tls_->stop();
}

}  // namespace watchrig::camera
