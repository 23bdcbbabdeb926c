#include "simulators/app/testing/rig_bench.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "system/base/spawn.hpp"

namespace watchrig::rig::testing {

namespace {

namespace json = boost::json;

std::unique_ptr<Rig> start_rig(const std::string& file, std::uint64_t seed) {
  Options options;
  options.file = file;
  options.seed = seed;
  options.clock = *base::Clock::parse("scale=4");
  options.threads = 1;
  auto rig = Rig::start(options);
  if (!rig) throw std::runtime_error(rig.error().message);
  return std::move(*rig);
}

boost::asio::awaitable<void> play(media::RtspClient& client, std::size_t count, Viewing& viewing,
                                  boost::asio::io_context& io) {
  const auto started = co_await client.start();
  if (!started) viewing.error = started.error().message;
  while (started && viewing.video.size() < count) {
    const auto unit = co_await client.next();
    if (!unit) {
      viewing.error = unit.error().message;
      break;
    }
    if (media::is_video((*unit)->codec)) {
      viewing.video.push_back(*unit);
    } else {
      ++viewing.audio_units;
    }
  }
  for (const auto& track : client.stats().tracks) viewing.lost += track.rtp.lost;
  if (viewing.error.empty()) co_await client.stop();
  io.stop();
}

}  // namespace

std::string write_rig(const std::string& xml) {
  std::string name = (std::filesystem::temp_directory_path() / "rig-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor >= 0) ::close(descriptor);
  std::ofstream(name) << xml;
  return name;
}

RigBench::RigBench(const std::string& xml, std::uint64_t seed)
    : file_(write_rig(xml)),
      rig_(start_rig(file_, seed)),
      ready_(json::parse(rig_->ready_line()).as_object()),
      control_(rig_->control_url()),
      thread_([this] { rig_->run(); }) {}

RigBench::~RigBench() {
  rig_->stop();
  thread_.join();
  std::filesystem::remove(file_);
}

std::string RigBench::url(const std::string& device, const std::string& stream) const {
  for (const auto& entry : ready_.at("devices").as_array()) {
    if (entry.at("id").as_string() == device)
      return json::value_to<std::string>(entry.at("streams").at(stream).at("url"));
  }
  return {};
}

json::object RigBench::status(const std::string& device) const {
  return control_.json("GET", "/devices/" + device)->as_object();
}

std::vector<LedgerUnit> RigBench::ledger(const std::string& device, const std::string& query) const {
  const auto answer = control_.json("GET", "/devices/" + device + "/ledger" + query);
  std::vector<LedgerUnit> units;
  if (!answer) {
    ADD_FAILURE() << answer.error().message;
    return units;
  }
  for (const auto& unit : answer->at("units").as_array()) {
    units.push_back({unit.at("index").to_number<std::uint64_t>(),
                     *base::parse_utc(std::string(unit.at("time").as_string())),
                     unit.at("size").to_number<std::uint64_t>(), unit.at("key").as_bool(),
                     std::string(unit.at("digest").as_string()), unit.at("sent").to_number<std::uint64_t>(),
                     unit.at("harmed").to_number<std::uint64_t>()});
  }
  return units;
}

std::string RigBench::inject(const std::string& device, const std::string& fault) const {
  const auto made = control_.json("POST", "/devices/" + device + "/faults", json::parse(fault));
  if (made) return std::string(made->at("id").as_string());
  ADD_FAILURE() << made.error().message;
  return {};
}

void RigBench::inject_when_watched(const std::string& device, const std::string& fault) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (status(device).at("sent_packets").to_number<int>() < 20) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "nobody has come to watch " << device;
      return;
    }
  }
  inject(device, fault);
}

void RigBench::withdraw_all(const std::string& device) const {
  EXPECT_TRUE(control_.json("DELETE", "/devices/" + device + "/faults"));
}

Viewing RigBench::watch(const std::string& device, std::size_t count,
                        media::RtspClient::Options options) const {
  boost::asio::io_context io;
  if (options.url.empty()) options.url = url(device);
  media::RtspClient client(io.get_executor(), rig_->clock(), options);
  Viewing viewing;
  base::spawn(io.get_executor(), play(client, count, viewing, io), "test player");
  io.run_for(std::chrono::seconds(20));
  if (viewing.video.size() < count && viewing.error.empty()) viewing.error = "not enough in time";
  return viewing;
}

}  // namespace watchrig::rig::testing
