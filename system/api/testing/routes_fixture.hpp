#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "system/api/adding_desk.hpp"
#include "system/api/export_news.hpp"
#include "system/api/ptz_desk.hpp"
#include "system/api/routes.hpp"
#include "system/api/server_parts.hpp"
#include "system/central/recording/record_desk.hpp"
#include "system/central/testing/folder_fixture.hpp"
#include "system/platform/in_process_bus.hpp"

namespace watchrig::api {

/// Routes without a server around them: central and the bus are real and empty, nothing is relayed, and the
/// role storage is the test's own. A test adds the routes that it asks; no gate refuses.
class RoutesTest : public central::FolderTest, private media::LiveStreams {
 protected:
  static constexpr const char* password = "Routes.of.9";

  RoutesTest() {
    std::filesystem::create_directories(folder / "licence");
    EXPECT_TRUE(central->accounts().initialise({password, password, "owner@example.org", true}));
  }
  /// Handlers and the bus end before what they use.
  ~RoutesTest() override { bus.stop(); }

  /// A recorder with the channels c1 and c2, "Deck 1" and "Deck 2".
  void add_deck() {
    central::Device device;
    device.name = "Deck";
    device.driver = "rtsp";
    device.type = "nvr";
    device.channel_count = 2;
    device.streams = {{"main", "rtsp://192.0.2.1/{channel}"}};
    EXPECT_TRUE(central->registry().add(device));
  }

  struct Answer {
    int status = 0;
    boost::json::value body;
    std::string text(std::string_view pointer) const {
      boost::system::error_code none;
      const auto* found = body.find_pointer(pointer, none);
      return found && found->is_string() ? std::string(found->get_string()) : std::string();
    }
  };
  Answer ask(std::string method, std::string path, std::string body = {}) {
    http::Request request;
    request.method = std::move(method);
    auto target = http::parse_target(path);
    EXPECT_TRUE(target);
    std::tie(request.path, request.query) = *std::move(target);
    request.body = std::move(body);
    request.account = account;
    request.peer = "127.0.0.1:40000";
    const auto found = router.match(request, false);
    if (const auto* refused = std::get_if<http::Response>(&found)) return shown(*refused);
    std::optional<http::Response> response;
    boost::asio::co_spawn(io, std::get<const http::Route*>(found)->handler(std::move(request)),
                          [&](const std::exception_ptr& failure, http::Response got) {
                            EXPECT_FALSE(failure);
                            response = std::move(got);
                          });
    io.restart();
    while (!response) io.run_one();
    return shown(*response);
  }

  std::string account = "admin";  ///< who asks
  base::CorrectedClock clock{base::Clock::Settings{}};
  base::Metrics metrics;
  boost::asio::io_context io{1};
  platform::MessageTrace trace;
  platform::InProcessBus bus{clock, trace};
  std::unique_ptr<central::Central> central = *central::Central::open(folder, clock, {});
  central::StorageOrders orders{
      bus,
      {[this](const std::string& id) { return central->registry().find(id); },
       [this](const std::string& id) { return central->registry().find_channel(id); },
       [this](const central::Channel& channel) { return central->record_desk().order(channel); }}};
  /// What it relays is asked for with a tenth of this patience.
  central::StorageQueries queries{bus, std::chrono::milliseconds(200)};

 private:
  std::shared_ptr<media::StreamHub> find_stream(std::string_view, const std::string&) const override {
    return nullptr;
  }
  std::string find_relayed(std::string_view) const override { return {}; }
  static Answer shown(const http::Response& response) {
    boost::system::error_code wrong;
    auto body = boost::json::parse(response.body, wrong);
    return {response.status, wrong ? boost::json::value() : std::move(body)};
  }

  storage::Options options() const {
    storage::Options made;
    made.volumes = {{folder / "recordings", {}}};
    made.segment_bytes = 1u << 20;
    return made;
  }
  platform::HostNetwork::Options network() const { return {false, {}, folder, {}, {}, {}}; }

  std::unique_ptr<storage::Storage> storage_ = *storage::Storage::open(options(), clock, metrics, {});
  WorkPool workers_{1, 8}, fetchers_{1, 8}, hashers_{1, 8};
  std::unique_ptr<platform::HostNetwork> host_network_ = *platform::HostNetwork::open(network(), clock);
  HttpsSwitch https_{central->certificates(), central->settings(), central->access()};
  const central::MakerKey maker_;
  std::unique_ptr<central::LicenceStore> licence_ =
      *central::LicenceStore::open({folder / "licence", {}}, maker_, clock);
  central::UpgradeStore upgrades_{folder / "upgrade", maker_, {}, {}, clock};
  central::UpdateCheck updates_{{clock, central->settings(), central->authorities(), central->events(), {}},
                                io.get_executor()};
  devices::DeviceSearch search_{io.get_executor(), clock, [] { return base::TlsTrust(); }};
  PtzDesk ptz_{clock, registered_heads(clock, *central), central->events(), central->device_notes(),
               io.get_executor()};
  AddingDesk adding_{io.get_executor(), folder / "adding.json", *central};
  OpenPorts ports_;
  platform::SigningKey signing_key_ = *platform::SigningKey::open(folder / "signing.pem");
  std::unique_ptr<storage::ExportQueue> exports_ = *storage::ExportQueue::open(
      {folder / "exports", {.free = 0}},
      {*storage_, clock, signing_key_,
       [this](const storage::ExportJob& job) { tell_export(central->events(), job); }});

 protected:
  ServerParts parts{clock,
                    metrics,
                    *central,
                    *storage_,
                    *this,
                    workers_,
                    fetchers_,
                    hashers_,
                    folder,
                    [](const central::Device&, bool) {},
                    *host_network_,
                    https_,
                    trace,
                    clock.now(),
                    [](Ending, const std::string&) { return base::Result<>(); },
                    orders,
                    queries,
                    folder,
                    *licence_,
                    upgrades_,
                    updates_,
                    [](std::optional<central::UpgradeKind>) { return base::Result<>(); },
                    search_,
                    ptz_,
                    adding_,
                    ports_,
                    signing_key_,
                    *exports_};
  http::Router router;
};

}  // namespace watchrig::api
