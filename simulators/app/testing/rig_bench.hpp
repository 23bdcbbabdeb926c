#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/json/object.hpp>

#include "simulators/app/rig.hpp"
#include "system/http/http_client.hpp"
#include "system/media/rtsp_client.hpp"

namespace watchrig::rig::testing {

/// A unit as the control interface tells it.
struct LedgerUnit {
  std::uint64_t index = 0;
  base::UtcTime time;
  std::uint64_t size = 0;
  bool key = false;
  std::string digest;
  std::uint64_t sent = 0;
  std::uint64_t harmed = 0;
};

/// What a player saw.
struct Viewing {
  std::vector<media::AccessUnitPtr> video;
  std::size_t audio_units = 0;
  std::uint64_t lost = 0;  ///< packets, by sequence numbers
  std::string error;       ///< why it ended before it had enough; empty otherwise
};

/// A rig from XML text, running at four times real speed on threads of its own until it is destroyed.
class RigBench {
 public:
  explicit RigBench(const std::string& xml, std::uint64_t seed = 1);
  ~RigBench();

  const boost::json::object& ready() const { return ready_; }
  std::string url(const std::string& device, const std::string& stream = "main") const;
  const http::HttpClient& control() const { return control_; }
  boost::json::object status(const std::string& device) const;
  std::vector<LedgerUnit> ledger(const std::string& device, const std::string& query = "?stream=main") const;
  /// Gives the fault's id; "" and a test failure when it was refused.
  std::string inject(const std::string& device, const std::string& fault) const;
  /// The same as soon as the device has sent somebody its first twenty packets.
  void inject_when_watched(const std::string& device, const std::string& fault) const;
  void withdraw_all(const std::string& device) const;
  const base::Clock& clock() const { return rig_->clock(); }

  /// Plays until it has `count` video units or something goes wrong, for at most twenty seconds.
  Viewing watch(const std::string& device, std::size_t count, media::RtspClient::Options options = {}) const;

 private:
  std::string file_;
  std::unique_ptr<Rig> rig_;
  boost::json::object ready_;
  http::HttpClient control_;
  std::thread thread_;
};

/// A new file with this text, to be removed by the caller.
std::string write_rig(const std::string& xml);

}  // namespace watchrig::rig::testing
