#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "scenarios/engine/child_process.hpp"
#include "system/http/http_client.hpp"

namespace watchrig::scenarios {

/// Of the administrator that the harness makes of a fresh vmsd.
inline constexpr std::string_view vms_account = "admin";
inline constexpr std::string_view vms_password = "Watchrig.26";

/// Where a running vmsd listens.
struct VmsReady {
  std::string http;
  std::string rtsp;   ///< empty: closed, since TLS is required
  std::string rtsps;  ///< empty: off
};

/// Reads the ready line of vmsd.
base::Result<VmsReady> parse_vms_ready(std::string_view line);

/// Who is signed in to vmsd.
struct VmsSession {
  std::string id;
  std::string token;
  std::string stream_key;
};

/// Reads the answer to a sign-in.
base::Result<VmsSession> parse_vms_session(const boost::json::value& answer);

/// The system under test: started, killed and started again on the same data, and signed in to. Any thread;
/// starting and ending it is for one step at a time.
class VmsProcess {
 public:
  struct Options {
    std::vector<std::string> command;  ///< program and arguments
    std::filesystem::path log;         ///< of all its lives, one after the other
    /// It ended although nobody asked it to; called on another thread.
    std::function<void(ExitStatus)> on_crash;
    bool sign_in = true;  ///< initialises it and signs in; false leaves it as it is
  };

  explicit VmsProcess(Options options) : options_(std::move(options)) {}

  /// Waits until it is ready, at most 30 s. not_found: no such program. Conflict: it already runs.
  base::Result<> start();
  /// Words for the command line of its next life.
  void append(const std::vector<std::string>& words) {
    options_.command.insert(options_.command.end(), words.begin(), words.end());
  }
  /// SIGKILL. Conflict: it does not run.
  base::Result<> kill();
  /// SIGTERM; the error says that it had to be killed or how it ended otherwise.
  base::Result<> stop();

  /// The same as a user does it.
  base::Result<> shut_down();
  /// Signs in anew to a server that has started again by itself. False: it has not yet, since the old sign-in
  /// is good, or nothing answers. The error of a new sign-in.
  base::Result<bool> renew();

  bool running() const;
  /// How often it was started.
  unsigned lives() const { return lives_; }
  /// How often it has begun to run, by itself too.
  unsigned runs() const { return lives_ + renewals_; }
  /// 0 while it does not run.
  pid_t pid() const;
  /// Signed in, if it is.
  http::HttpClient api() const;
  /// The same without being signed in.
  http::HttpClient anonymous() const;
  /// The same by an address of this machine on a network, as vmsd sees other machines. not_found: it has
  /// none.
  base::Result<http::HttpClient> over_network() const;
  /// rtsp://user:password@host:port, or rtsps://…; empty where it is closed.
  std::string rtsp(bool tls = false) const;

 private:
  base::Result<std::shared_ptr<ChildProcess>> leaving();
  base::Result<VmsSession> sign_in(const http::HttpClient& client) const;

  Options options_;
  mutable std::mutex mutex_;
  std::shared_ptr<ChildProcess> process_;
  VmsReady ready_;
  VmsSession session_;
  std::atomic<unsigned> lives_ = 0;
  std::atomic<unsigned> renewals_ = 0;
  /// The life that is being ended on purpose; its end is no crash.
  std::atomic<unsigned> ending_ = 0;
};

}  // namespace watchrig::scenarios
