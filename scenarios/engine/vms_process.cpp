#include "scenarios/engine/vms_process.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <ifaddrs.h>
#include <net/if.h>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto ready_deadline = std::chrono::seconds(30);
constexpr auto stop_patience = std::chrono::seconds(15);
constexpr auto kill_patience = std::chrono::seconds(10);

/// The first IPv4 address that is not of the loopback interface; empty when there is none.
std::string network_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::string address;
  for (const ifaddrs* entry = list; entry && address.empty(); entry = entry->ifa_next) {
    const bool up = (entry->ifa_flags & IFF_UP) && !(entry->ifa_flags & IFF_LOOPBACK);
    if (!up || !entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET) continue;
    char text[INET_ADDRSTRLEN];
    const auto* ip4 = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
    if (::inet_ntop(AF_INET, &ip4->sin_addr, text, sizeof text)) address = text;
  }
  ::freeifaddrs(list);
  return address;
}

}  // namespace

base::Result<VmsReady> parse_vms_ready(std::string_view line) {
  json::error_code error;
  const auto value = json::parse(line, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto text = [&](std::string_view name) {
    const auto* found = object ? object->if_contains(name) : nullptr;
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  VmsReady ready{text("http"), text("rtsp"), text("rtsps")};
  if (text("ready") != "vmsd" || ready.http.empty() || (ready.rtsp.empty() && ready.rtsps.empty())) {
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("ready line of vmsd lacks ready, http or rtsp: {}", line.substr(0, 200))};
  }
  return ready;
}

base::Result<VmsSession> parse_vms_session(const json::value& answer) {
  const auto* object = answer.if_object();
  const auto text = [&](std::string_view name) {
    const auto* found = object ? object->if_contains(name) : nullptr;
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  VmsSession session{text("id"), text("token"), text("stream_key")};
  if (session.id.empty() || session.token.empty() || session.stream_key.empty()) {
    return base::Error{base::ErrorKind::invalid, "vmsd: a sign-in answer lacks id, token or stream_key"};
  }
  return session;
}

base::Result<VmsSession> VmsProcess::sign_in(const http::HttpClient& client) const {
  const auto state = client.json("GET", "/api/v1/initialisation");
  if (!state) return state.error();
  const auto* initialised = state->is_object() ? state->get_object().if_contains("initialised") : nullptr;
  const bool fresh = initialised && initialised->is_bool() && !initialised->get_bool();
  const auto answer = fresh ? client.json("POST", "/api/v1/initialisation",
                                          {{"password", vms_password},
                                           {"password_again", vms_password},
                                           {"email", "harness@example.org"},
                                           {"licence_accepted", true}})
                            : client.json("POST", "/api/v1/sessions",
                                          {{"username", vms_account}, {"password", vms_password}});
  if (!answer) return answer.error();
  return parse_vms_session(*answer);
}

base::Result<> VmsProcess::start() {
  if (running()) return base::Error{base::ErrorKind::conflict, "vmsd already runs"};
  const auto life = ++lives_;
  auto on_exit = [this, life](ExitStatus status) {
    if (ending_ != life && options_.on_crash) options_.on_crash(status);
  };
  auto started = ChildProcess::start(
      {.command = options_.command, .error_log = options_.log, .on_exit = std::move(on_exit)});
  if (!started) return base::Error{base::ErrorKind::not_found, "vmsd: " + started.error().message};
  std::shared_ptr<ChildProcess> process = *std::move(started);
  {
    const std::lock_guard lock(mutex_);
    process_ = process;
  }
  const auto line = process->first_line(ready_deadline);
  if (!line) return base::Error{base::ErrorKind::unavailable, line.error().message};
  auto ready = parse_vms_ready(*line);
  if (!ready) return ready.error();
  VmsSession session;
  if (options_.sign_in) {
    auto signed_in = sign_in(http::HttpClient(ready->http));
    if (!signed_in) return base::Error(signed_in.error()).within("vmsd cannot be signed in to");
    session = *std::move(signed_in);
  }
  const std::lock_guard lock(mutex_);
  ready_ = *std::move(ready);
  session_ = std::move(session);
  return {};
}

base::Result<std::shared_ptr<ChildProcess>> VmsProcess::leaving() {
  const std::lock_guard lock(mutex_);
  if (!process_ || process_->exited()) return base::Error{base::ErrorKind::conflict, "vmsd does not run"};
  ending_ = lives_.load();
  return process_;
}

base::Result<> VmsProcess::kill() {
  const auto process = leaving();
  if (!process) return process.error();
  (*process)->signal(SIGKILL);
  if (!(*process)->wait(kill_patience)) {
    return base::Error{base::ErrorKind::timeout, "vmsd does not end although it was killed"};
  }
  return {};
}

base::Result<> VmsProcess::stop() {
  const auto process = leaving();
  if (!process) return process.error();
  const auto [status, polite] = (*process)->stop(stop_patience);
  if (!polite) {
    return base::Error{
        base::ErrorKind::timeout,
        fmt::format("vmsd did not end within {} s of SIGTERM and was killed", stop_patience.count())};
  }
  if (!status.clean()) {
    return base::Error{base::ErrorKind::io, fmt::format("vmsd ended on SIGTERM with {}", to_string(status))};
  }
  return {};
}

base::Result<> VmsProcess::shut_down() {
  const auto process = leaving();
  if (!process) return process.error();
  const auto client = api();
  const auto confirmed =
      client.json("PUT", "/api/v1/sessions/current/confirmation", {{"password", vms_password}});
  if (!confirmed) return confirmed.error();
  if (const auto asked = client.json("POST", "/api/v1/system/shutdown"); !asked) return asked.error();
  const auto status = (*process)->wait(stop_patience);
  if (!status) return base::Error{base::ErrorKind::timeout, "vmsd still runs, although it was shut down"};
  if (status->clean()) return {};
  return base::Error{base::ErrorKind::io,
                     fmt::format("vmsd was shut down and ended with {}", to_string(*status))};
}

base::Result<bool> VmsProcess::renew() {
  const auto old = api().request("GET", "/api/v1/account");
  if (!old || old->status < 400) return false;
  auto session = sign_in(anonymous());
  if (!session) return base::Error(session.error()).within("vmsd cannot be signed in to");
  const std::lock_guard lock(mutex_);
  session_ = *std::move(session);
  ++renewals_;
  return true;
}

bool VmsProcess::running() const {
  const std::lock_guard lock(mutex_);
  return process_ && !process_->exited();
}

pid_t VmsProcess::pid() const {
  const std::lock_guard lock(mutex_);
  return process_ && !process_->exited() ? process_->pid() : 0;
}

http::HttpClient VmsProcess::api() const {
  const std::lock_guard lock(mutex_);
  http::HttpClient client(ready_.http);
  client.set_token(session_.token);
  return client;
}

http::HttpClient VmsProcess::anonymous() const {
  const std::lock_guard lock(mutex_);
  return http::HttpClient(ready_.http);
}

base::Result<http::HttpClient> VmsProcess::over_network() const {
  const auto address = network_address();
  if (address.empty())
    return base::Error{base::ErrorKind::not_found, "this machine has no address on a network"};
  const std::lock_guard lock(mutex_);
  const auto port = ready_.http.rfind(':');
  return http::HttpClient("http://" + address + ready_.http.substr(port));
}

std::string VmsProcess::rtsp(bool tls) const {
  const std::lock_guard lock(mutex_);
  const std::string_view scheme = tls ? "rtsps://" : "rtsp://";
  const std::string& url = tls ? ready_.rtsps : ready_.rtsp;
  if (session_.id.empty() || !url.starts_with(scheme)) return url;
  return fmt::format("{}{}:{}@{}", scheme, session_.id, session_.stream_key, url.substr(scheme.size()));
}

}  // namespace watchrig::scenarios
