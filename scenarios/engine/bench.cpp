#include "scenarios/engine/bench.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "scenarios/engine/maker.hpp"
#include "scenarios/engine/rig_parts.hpp"

namespace watchrig::scenarios {

namespace {

using reports::EvidenceKind;
using reports::Verdict;

constexpr std::size_t last_words = 5;  ///< lines of a log that a message quotes

/// Beside the data folder, in which no volume may lie but its own.
std::filesystem::path disks_folder(const Equipment& equipment, const Scenario& scenario) {
  return equipment.work / (scenario.id + ".disks");
}

std::filesystem::path volume_folder(const Equipment& equipment, const Scenario& scenario,
                                    const std::string& name) {
  return std::filesystem::absolute(disks_folder(equipment, scenario)) / name / "recordings";
}

std::vector<std::string> vmsd_command(const Equipment& equipment, const Scenario& scenario,
                                      const base::Clock& clock, const EvidenceFolder& evidence) {
  std::vector<std::string> command{equipment.vmsd.string(),
                                   "--data",
                                   (equipment.work / scenario.id).string(),
                                   "--clock",
                                   base::Clock::format(clock.settings()),
                                   "--set",
                                   fmt::format("maker.key={}", maker_public_key),
                                   "--set",
                                   "host.dongle=" + evidence.path(dongle_file).string()};
  if (scenario.server.free_ports) {
    for (const auto* any : {"http.port=0", "https.port=0", "rtsp.port=0", "rtsps.port=0"}) {
      command.insert(command.end(), {"--set", any});
    }
  }
  for (const auto& setting : scenario.server.settings) {
    command.push_back("--set");
    command.push_back(setting);
  }
  std::string volumes;
  for (const auto& name : scenario.server.volumes)
    fmt::format_to(std::back_inserter(volumes), "{}{}", volumes.empty() ? "" : ",",
                   volume_folder(equipment, scenario, name).string());
  if (!volumes.empty()) command.insert(command.end(), {"--set", "storage.volumes=" + volumes});
  command.insert(command.end(), equipment.vmsd_options.begin(), equipment.vmsd_options.end());
  return command;
}

}  // namespace

Bench::Bench(const Scenario& the_scenario, const Equipment& equipment, std::uint64_t seed,
             const base::Clock& the_clock, Halt& the_halt, EvidenceFolder& the_evidence)
    : scenario(the_scenario),
      clock(the_clock),
      halt(the_halt),
      evidence(the_evidence),
      begin(the_clock.now()),
      vms({.command = vmsd_command(equipment, the_scenario, the_clock, the_evidence),
           .log = the_evidence.path("vmsd.log"),
           .on_crash =
               [this](ExitStatus status) {
                 halt.halt(Verdict::fail, fmt::format("vmsd ended unexpectedly with {}; its last words: {}",
                                                      to_string(status),
                                                      tail_of_file(evidence.path("vmsd.log"), last_words)));
               },
           .sign_in = the_scenario.server.initialise}),
      equipment_(equipment),
      seed_(seed),
      data_(equipment.work / the_scenario.id) {}

Bench::~Bench() {
  closing_ = true;
  views.clear();
  events_.reset();
  sampler_.reset();
  capture_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(data_, ignored);
  std::filesystem::remove_all(disks_folder(equipment_, scenario), ignored);
}

std::filesystem::path Bench::volume(const std::string& name) const {
  const auto& named = scenario.server.volumes;
  return std::ranges::find(named, name) == named.end() ? std::filesystem::path()
                                                       : volume_folder(equipment_, scenario, name);
}

Outcome Bench::set_up() {
  std::error_code error;
  std::filesystem::remove_all(data_, error);
  std::filesystem::create_directories(data_, error);
  std::filesystem::remove_all(disks_folder(equipment_, scenario), error);
  for (const auto& name : scenario.server.volumes)
    if (!error) std::filesystem::create_directories(volume(name), error);
  if (error) return {Verdict::harness_error, fmt::format("folder {}: {}", data_.string(), error.message())};
  capture_ = std::make_unique<PacketCapture>(evidence.path(""), [this] {
    return std::vector<pid_t>{vms.pid(), rig_pid_.load()};
  });
  if (auto laid = lay_cables(); !reports::passed(laid.verdict)) return laid;
  if (auto started = start_rig(); !reports::passed(started.verdict)) return started;
  if (auto started = start_vms(); !reports::passed(started.verdict)) return started;
  events_ = std::make_unique<EventFeed>(vms, clock, chronicle, halt);
  sampler_ = std::make_unique<ProcessSampler>([this] { return vms.pid(); }, clock);
  return {};
}

Outcome Bench::lay_cables() {
  if (scenario.server.cards.empty()) return {};
  auto made = HostCards::make(scenario.server.cards);
  if (!made) return {Verdict::skip, "network cards for vmsd need iproute2 and root: " + made.error().message};
  cards_ = *std::move(made);
  vms.append({"--set", "host.network=iproute2", "--set", "host.namespace=" + cards_->name_space(), "--set",
              "host.resolver=" + (data_ / "resolv.conf").string()});
  return {};
}

Outcome Bench::start_rig() {
  const auto parts = take_rig_apart(scenario.rig);
  if (!parts) return {Verdict::harness_error, parts.error().message};
  for (const auto& device : parts->real) devices_.emplace(device.id, device);
  if (parts->played.empty()) return {};
  evidence.write("rig as built", EvidenceKind::other, "rig.xml", parts->played);
  evidence.add("rig log", EvidenceKind::log, "rig.log");
  auto command = equipment_.rig;
  for (const auto& word :
       {evidence.path("rig.xml").string(), std::string("--clock"), base::Clock::format(clock.settings()),
        std::string("--seed"), std::to_string(seed_)}) {
    command.push_back(word);
  }
  auto on_exit = [this](ExitStatus status) {
    rig_pid_ = 0;
    if (closing_) return;
    halt.halt(Verdict::harness_error,
              fmt::format("the rig ended with {}; its last words: {}", to_string(status),
                          tail_of_file(evidence.path("rig.log"), last_words)));
  };
  auto started = RigProcess::start({command, evidence.path("rig.log"), std::move(on_exit)});
  if (!started) return {Verdict::harness_error, started.error().message};
  rig_ = *std::move(started);
  rig_pid_ = rig_->pid();
  for (const auto& [id, device] : rig_->devices()) {
    devices_.emplace(id, device);
    if (device.host.empty()) continue;
    values.put(id + ".host", std::make_shared<std::string>(device.host));
    values.put(id + ".port", std::make_shared<std::string>(std::to_string(device.port)));
  }
  return {};
}

Outcome Bench::start_vms() {
  evidence.add("vmsd log", EvidenceKind::log, "vmsd.log");
  const auto started = vms.start();
  if (started) {
    const auto url = vms.anonymous().base_url();
    values.put("vmsd.port", std::make_shared<std::string>(url.substr(url.rfind(':') + 1)));
    return {};
  }
  const auto& error = started.error();
  if (error.kind == base::ErrorKind::not_found) return {Verdict::harness_error, error.message};
  return {Verdict::fail, fmt::format("{}; its last words: {}", error.message,
                                     tail_of_file(evidence.path("vmsd.log"), last_words))};
}

const Device* Bench::device(const std::string& id) const {
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : &found->second;
}

std::vector<Device> Bench::devices() const {
  std::vector<Device> result;
  for (const auto& [id, device] : devices_) result.push_back(device);
  return result;
}

base::Duration Bench::rig_lateness() const {
  base::Duration worst{};
  for (const auto& device : devices()) {
    if (device.real) continue;
    const auto status = rig_->status(device.id);
    if (status) worst = std::max(worst, lateness_of(*status));
  }
  return clock.real(worst);
}

std::string Bench::live_url(const Channel& channel, const std::string& stream, bool tls) const {
  return fmt::format("{}/live/{}{}", vms.rtsp(tls), channel.id, stream == "main" ? "" : "/" + stream);
}

void Bench::add_measurement(reports::Measurement measurement) {
  const std::lock_guard lock(mutex_);
  measurements_.push_back(std::move(measurement));
}

std::vector<reports::Measurement> Bench::measurements() const {
  const std::lock_guard lock(mutex_);
  return measurements_;
}

void Bench::add_note(std::string note) {
  const std::lock_guard lock(mutex_);
  notes_.push_back(std::move(note));
}

std::vector<std::string> Bench::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

}  // namespace watchrig::scenarios
