#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/camera/broadcast.hpp"
#include "simulators/camera/camera_channel.hpp"
#include "simulators/camera/camera_clock.hpp"
#include "simulators/camera/camera_spec.hpp"
#include "simulators/camera/loudspeaker.hpp"
#include "simulators/camera/onvif/onvif_front.hpp"
#include "simulators/camera/picture/imaging_unit.hpp"
#include "simulators/camera/picture/osd_board.hpp"
#include "simulators/camera/port_hold.hpp"
#include "simulators/camera/registration/registrar.hpp"
#include "simulators/camera/rtsp_doors.hpp"
#include "simulators/camera/stream_routes.hpp"
#include "simulators/kernel/virtual_device.hpp"
#include "simulators/ptz/mechanical_head.hpp"

namespace watchrig::camera {

/// A virtual IP camera: one RTSP server with the streams /main and perhaps /sub and /sub2, ONVIF services if
/// its specification says so, faults, and a ledger of every access unit. It produces from the moment it is
/// created, whether somebody watches or not. Or a recorder (DVR, NVR), which is the same with several video
/// inputs: its streams are /ch1-main, /ch1-sub and so on, and its disk records each input.
class Camera final : public kernel::VirtualDevice, public std::enable_shared_from_this<Camera> {
 public:
  struct Surroundings {
    const base::Clock& clock;  ///< outlives the executors' work
    std::uint64_t seed = 1;
    std::function<boost::asio::any_io_executor()> executors;  ///< base::ExecutorPool::next
    BroadcastRegistry& broadcasts;                            ///< outlives the executors' work
    boost::asio::any_io_executor control;  ///< for services that are no media; serves one thing at a time
    std::shared_ptr<DiscoveryHost> discovery = {};  ///< needed by cameras that can be found
  };

  /// Opens the streams (errors: those of the scene, naming the camera); start() then opens the port.
  static base::Result<std::shared_ptr<Camera>> create(CameraSpec spec, const Surroundings& surroundings);
  ~Camera() override;

  const std::string& id() const override { return spec_.id; }
  std::string_view kind() const override { return spec_.channels == 0 ? "camera" : "recorder"; }
  base::Result<void> start() override;
  void stop() override;
  bool connected() const override;
  boost::json::object description() const override;
  boost::json::object status() const override;
  /// {"what":"input","number":1,"state":"active"}: what happens to a camera with ONVIF.
  /// {"what":"registration", "at":"127.0.0.1:7000","device_id","password"}: with whom it registers, as its id
  /// and with its password unless others are given; without `at` no more.
  base::Result<boost::json::object> change(const boost::json::value& state) override;
  base::Result<boost::json::object> inject(const boost::json::value& fault) override;
  base::Result<void> withdraw(std::string_view fault_id) override;
  std::size_t withdraw_all() override;
  boost::json::object faults() const override;
  /// Members of the query: stream (main), track (video, audio or metadata), from, to (UTC).
  base::Result<std::string> ledger(const Query& query) const override;

 private:
  Camera(CameraSpec spec, const Surroundings& surroundings);
  base::Result<void> open_channels();
  /// `source` counts the video inputs from 1.
  base::Result<void> add_channel(unsigned source, const CameraSpec::Stream& stream,
                                 std::shared_ptr<Broadcast> audio);
  unsigned sources() const { return spec_.channels == 0 ? 1 : spec_.channels; }
  /// "main", or "ch3-main" of a recorder.
  std::string stream_name(unsigned source, std::string_view stream) const;
  base::Result<void> start_onvif();
  base::Result<boost::json::object> change_registration(const boost::json::object& members);
  CameraChannel* channel(std::string_view name) const;
  std::vector<std::string> stream_names() const;
  /// Brings server and encoders to what the faults in force ask for.
  base::Result<void> settle();
  base::Result<void> switch_power(bool on);
  /// Where it is, from any thread.
  std::string address() const;
  static boost::asio::awaitable<void> move_later(std::weak_ptr<Camera> camera, CameraPlace place,
                                                 const base::Clock& clock);
  void move_to(const CameraPlace& place);
  void show_certificate();
  base::Result<boost::json::object> change_certificate(std::string_view manner);
  base::Result<void> listen_at(const CameraPlace& place);
  static boost::asio::awaitable<void> factory_default(std::weak_ptr<Camera> camera, bool hard,
                                                      const base::Clock& clock);
  void forget_settings(bool hard);
  static boost::asio::awaitable<void> reboot(std::weak_ptr<Camera> camera, const base::Clock& clock);
  /// On the whole camera, not on one of its streams.
  bool in_force(kernel::Verb verb) const;
  base::Result<void> encode(std::string_view stream, const scene::StreamProfile& profile);
  base::Result<media::Track> encode_sound(std::string_view stream, const scene::StreamProfile& profile);
  boost::json::object describe_stream(const CameraChannel& channel) const;
  static boost::asio::awaitable<void> end_in_time(std::weak_ptr<Camera> camera, kernel::Fault fault,
                                                  const base::Clock& clock);

  const std::shared_ptr<ptz::MechanicalHead> head_;  ///< null: it has none
  const std::shared_ptr<ImagingUnit> imaging_;       ///< null where its pictures are everybody's
  const std::shared_ptr<OsdBoard> osd_;              ///< null where its pictures are everybody's
  const std::shared_ptr<Loudspeaker> loudspeaker_;   ///< null where it cannot be talked to
  const CameraSpec spec_;
  const base::Clock& clock_;
  const std::uint64_t seed_;
  const std::function<boost::asio::any_io_executor()> executors_;
  const boost::asio::any_io_executor control_;
  const std::shared_ptr<DiscoveryHost> discovery_;
  BroadcastRegistry& broadcasts_;
  const std::shared_ptr<kernel::FaultBoard> board_;
  const std::vector<std::shared_ptr<CardStore>> cards_;  ///< one a source; empty where it has none
  const std::shared_ptr<StreamRoutes> routes_ = std::make_shared<StreamRoutes>();
  const std::shared_ptr<CameraClock> own_clock_ = std::make_shared<CameraClock>();
  const std::vector<std::shared_ptr<VideoAnalytics>> analytics_;  ///< one a source; empty where it has none
  std::vector<std::shared_ptr<CameraChannel>> channels_;
  CameraUsers users_;
  const std::shared_ptr<CameraCertificates> certificates_;  ///< null: it knows no TLS
  std::unique_ptr<RtspDoors> server_;
  std::unique_ptr<OnvifFront> onvif_;
  mutable std::mutex settle_mutex_;
  bool cut_ = false;                      ///< under settle_mutex_
  std::vector<PortHold> holds_;           ///< under settle_mutex_
  bool stalled_ = false;                  ///< under settle_mutex_
  std::shared_ptr<Registrar> registrar_;  ///< under settle_mutex_; null while it does not register
  mutable std::mutex address_mutex_;
  std::string address_;  ///< under address_mutex_
};

}  // namespace watchrig::camera
