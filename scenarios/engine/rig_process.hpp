#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "scenarios/engine/child_process.hpp"
#include "scenarios/engine/ledger_match.hpp"
#include "system/http/http_client.hpp"

namespace watchrig::scenarios {

/// A device that a scenario can use, as the rig's ready line describes it.
struct Device {
  std::string id;
  std::string kind;
  bool real = false;
  std::string username;
  std::string password;
  /// RTSP addresses by name: main and sub, or ch1-main, ch1-sub, ch2-main … of a recorder.
  std::map<std::string, std::string> streams;
  std::string onvif;      ///< of its device service; empty without
  std::string https;      ///< of the same by TLS; empty without
  std::string authority;  ///< in PEM, of the rig, of those with https
  std::string detail;     ///< profile of the main stream
  std::string host;       ///< of a service; empty for others
  unsigned port = 0;

  /// Of a recorder; 0 of everything else.
  unsigned channels() const;
};

/// Reads the ready line of `watchrig rig`; `control` is set to the address of its control interface.
base::Result<std::map<std::string, Device>> parse_rig_ready(std::string_view line, std::string& control);

/// The 99th percentile of the lateness of the latest stream in `GET /devices/{id}`, in model time.
base::Duration lateness_of(const boost::json::value& status);

/// Reads the answer to a ledger request.
base::Result<std::vector<LedgerUnit>> parse_ledger(const boost::json::value& answer);

/// The virtual hardware of one scenario: a `watchrig rig` process and its control interface. Errors mean that
/// the harness is broken, not the system under test. Any thread.
class RigProcess {
 public:
  struct Options {
    std::vector<std::string> command;  ///< `watchrig rig FILE --clock … --seed …`
    std::filesystem::path log;
    std::function<void(ExitStatus)> on_exit;
  };

  /// Waits until it is ready, at most 60 s.
  static base::Result<std::unique_ptr<RigProcess>> start(Options options);

  const std::map<std::string, Device>& devices() const { return devices_; }
  /// `GET /devices/{id}`: connections, accepted, faults, streams.
  base::Result<boost::json::value> status(const std::string& device) const;
  base::Result<std::vector<LedgerUnit>> ledger(const std::string& device, const std::string& stream,
                                               base::UtcTime from, base::UtcTime to) const;
  /// What a service has in its ledger; `query` as the kind of device takes it, "?to=…".
  base::Result<boost::json::value> service_ledger(const std::string& device, const std::string& query) const;
  base::Result<boost::json::value> inject(const std::string& device, const boost::json::object& fault) const;
  /// Something happens to a virtual device that is no fault.
  base::Result<boost::json::value> change(const std::string& device, const boost::json::object& state) const;
  base::Result<> clear_faults(const std::string& device) const;
  /// Active faults, and the schedule that really happened.
  base::Result<boost::json::value> faults(const std::string& device) const;

  pid_t pid() const { return process_->pid(); }
  std::pair<ExitStatus, bool> stop() { return process_->stop(std::chrono::seconds(5)); }

 private:
  RigProcess(std::unique_ptr<ChildProcess> process, std::string control,
             std::map<std::string, Device> devices);

  std::unique_ptr<ChildProcess> process_;
  http::HttpClient control_;
  std::map<std::string, Device> devices_;
};

}  // namespace watchrig::scenarios
