#include "simulators/app/rig.hpp"

#include <cstdio>
#include <thread>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "simulators/app/control_api.hpp"
#include "simulators/app/rig_file.hpp"
#include "simulators/camera/camera.hpp"
#include "system/base/executor_pool.hpp"
#include "system/base/log.hpp"
#include "system/base/open_files.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::rig {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

}  // namespace

/// Control has a thread of its own: a ledger of tens of megabytes is written there while media go on. Members
/// are destroyed from the last to the first: whatever uses the clock or an executor stands behind them.
struct Rig::State {
  explicit State(const Options& o)
      : options(o), clock(o.clock), media(o.threads), control(1), broadcasts(clock, o.seed) {}

  Result<void> start(RigFile file);
  static asio::awaitable<void> say_goodbye(State& state);

  const Options options;
  const base::Clock clock;
  const base::Clock real;
  base::ExecutorPool media;
  base::ExecutorPool control;
  camera::BroadcastRegistry broadcasts;
  std::shared_ptr<camera::DiscoveryHost> discovery =
      std::make_shared<camera::DiscoveryHost>(control.next(), clock, options.seed);
  Devices devices;
  http::Router router;
  std::unique_ptr<http::HttpServer> server;
  bool stopping = false;  ///< on the control thread
};

Result<void> Rig::State::start(RigFile file) {
  const camera::Camera::Surroundings surroundings{
      clock,      options.seed,   [this] { return asio::any_io_executor(media.next()); },
      broadcasts, control.next(), discovery};
  for (auto& spec : file.cameras) {
    auto camera = camera::Camera::create(std::move(spec), surroundings);
    if (!camera) return camera.error();
    devices.push_back(std::move(*camera));
  }
  for (const auto& plan : file.services) devices.push_back(plan.make(clock, control.next()));
  for (const auto& device : devices) {
    if (auto started = device->start(); !started) return started;
  }
  add_control_routes(router, devices);
  http::HttpServer::Options http;
  http.port = options.control_port;
  auto listening =
      http::HttpServer::start(http, router, [this] { return asio::any_io_executor(control.next()); });
  if (!listening) return Error(listening.error()).within("control interface");
  server = std::move(*listening);
  return {};
}

/// Stops once; connections get the time to close properly.
asio::awaitable<void> Rig::State::say_goodbye(State& state) {
  if (state.stopping) co_return;
  state.stopping = true;
  base::log_info("rig: stopping");
  state.server->stop();
  for (const auto& device : state.devices) device->stop();
  state.discovery->stop();
  base::Timer timer(state.control.next(), state.real);
  for (int tenths = 0; tenths < 10; ++tenths) {
    bool connected = false;
    for (const auto& device : state.devices) connected = connected || device->connected();
    if (!connected) break;
    co_await timer.wait_for(std::chrono::milliseconds(100));
  }
  state.media.stop();
  state.control.stop();
}

Result<std::unique_ptr<Rig>> Rig::start(const Options& options) {
  auto file = options.text ? parse_rig(*options.text, options.file) : read_rig_file(options.file);
  if (!file) return file.error();
  if (file->empty()) base::log_warning("{}: the rig has no devices", options.file);
  auto state = std::make_unique<State>(options);
  if (auto started = state->start(std::move(*file)); !started) return started.error();
  return std::unique_ptr<Rig>(new Rig(std::move(state)));
}

Rig::Rig(std::unique_ptr<State> state) : state_(std::move(state)) {}

Rig::~Rig() {
  for (const auto& device : state_->devices) device->stop();
}

std::string Rig::control_url() const { return fmt::format("http://127.0.0.1:{}", state_->server->port()); }

const base::Clock& Rig::clock() const { return state_->clock; }

std::string Rig::ready_line() const {
  json::array devices;
  for (const auto& device : state_->devices) devices.push_back(device->description());
  return json::serialize(json::object{{"ready", "rig"},
                                      {"pid", ::getpid()},
                                      {"control", control_url()},
                                      {"clock", base::Clock::format(state_->clock.settings())},
                                      {"seed", state_->options.seed},
                                      {"devices", std::move(devices)}});
}

void Rig::run() {
  asio::signal_set signals(state_->control.next(), SIGINT, SIGTERM);
  signals.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) stop();
  });
  std::jthread media([this] { state_->media.run(); });
  state_->control.run();
}

void Rig::stop() { base::spawn(state_->control.next(), State::say_goodbye(*state_), "end of the rig"); }

int run(const Options& options) {
  // A thousand cameras need more than is usual.
  base::allow_many_open_files();
  const auto fail = [](const Error& error, int code) {
    fmt::print(stderr, "watchrig rig: {}\n", error.message);
    return code;
  };
  auto rig = Rig::start(options);
  if (!rig) {
    const bool environment = rig.error().kind == ErrorKind::unavailable || rig.error().kind == ErrorKind::io;
    return fail(rig.error(), environment ? 3 : 2);
  }
  base::set_log_clock((*rig)->clock());
  fmt::print("{}\n", (*rig)->ready_line());
  std::fflush(stdout);
  (*rig)->run();
  return 0;
}

}  // namespace watchrig::rig
