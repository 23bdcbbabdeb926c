#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "reports/model/measurement.hpp"
#include "scenarios/engine/chronicle.hpp"
#include "scenarios/engine/event_feed.hpp"
#include "scenarios/engine/evidence_folder.hpp"
#include "scenarios/engine/halt.hpp"
#include "scenarios/engine/host_cards.hpp"
#include "scenarios/engine/packet_capture.hpp"
#include "scenarios/engine/process_sampler.hpp"
#include "scenarios/engine/registry.hpp"
#include "scenarios/engine/rig_process.hpp"
#include "scenarios/engine/scenario.hpp"
#include "scenarios/engine/view.hpp"
#include "scenarios/engine/vms_process.hpp"

namespace watchrig::scenarios {

/// A channel of vmsd that a step added.
struct Channel {
  std::string name;
  std::string id;               ///< of the channel in vmsd
  std::string server_device;    ///< id of its device in vmsd
  std::string device;           ///< id of the device in the rig; empty: an address of the scenario's own
  std::string stream = "main";  ///< that is recorded
  std::string input;            ///< "ch3-" for the third of a recorder of the rig; empty of a camera
  std::optional<base::UtcTime> record_begin;  ///< when recording was first asked for

  /// What the rig calls a stream of it.
  std::string rig_stream(const std::string& of) const { return input + of; }
};

/// A file that vmsd exported.
struct Export {
  std::filesystem::path file;
  std::shared_ptr<Channel> channel;
  std::string stream;
  base::UtcTime from{};
  base::UtcTime to{};
};

/// Programs and places of a run.
struct Equipment {
  std::filesystem::path vmsd;             ///< the program
  std::vector<std::string> vmsd_options;  ///< appended to its command line
  std::vector<std::string> rig;           ///< command line up to the rig file: `watchrig rig`
  std::filesystem::path work;             ///< for data of vmsd; removed after each scenario
};

/// The equipment of one scenario while it runs: system under test, rig, and everything that observes them.
/// Steps work on it; public members are safe for parallel branches.
class Bench {
 public:
  /// Starts the rig and vmsd and waits until both are ready. The outcome is the error: harness-error when the
  /// rig or a program is missing or broken, fail when vmsd does not start. All arguments outlive the bench.
  Bench(const Scenario& scenario, const Equipment& equipment, std::uint64_t seed, const base::Clock& clock,
        Halt& halt, EvidenceFolder& evidence);
  ~Bench();
  Outcome set_up();
  /// Collects what is only known at the end, then stops everything. Not a pass when vmsd does not stop
  /// cleanly.
  Outcome tear_down();

  const Scenario& scenario;
  const base::Clock& clock;
  Halt& halt;
  EvidenceFolder& evidence;
  const base::UtcTime begin;
  Chronicle chronicle;
  Registry<Channel> channels;
  Registry<Export> exports;
  Registry<View> views;
  Registry<VmsSession> sessions;
  Registry<std::string> values;  ///< that stand for {{name}}; of a service also id.host and id.port
  VmsProcess vms;

  /// Null in a scenario without virtual devices.
  RigProcess* rig() { return rig_.get(); }
  /// Null in a scenario that gives vmsd no cards.
  HostCards* cards() { return cards_.get(); }
  /// Where vmsd records on a volume of the scenario's, within a folder that is the disk. Empty: it has none
  /// of that name.
  std::filesystem::path volume(const std::string& name) const;
  EventFeed& events() { return *events_; }
  const ProcessSampler& sampler() const { return *sampler_; }
  std::filesystem::path data_folder() const { return data_; }
  /// The vmsd under test.
  const std::filesystem::path& program() const { return equipment_.vmsd; }
  /// A device of the rig, virtual or real, or nothing.
  const Device* device(const std::string& id) const;
  std::vector<Device> devices() const;
  /// RTSP address at which vmsd relays the channel.
  std::string live_url(const Channel& channel, const std::string& stream, bool tls = false) const;

  void add_measurement(reports::Measurement measurement);
  std::vector<reports::Measurement> measurements() const;
  void add_note(std::string note);
  std::vector<std::string> notes() const;
  /// Puts a picture of the channel (or of the first one) into the evidence, by vmsd's relay or else from the
  /// camera.
  void keep_still(const std::string& name, const std::string& channel);
  /// How much later than due the rig made its pictures of late (real time, the 99th percentile of the latest
  /// device).
  base::Duration rig_lateness() const;
  /// A number that no other caller gets, for names of files.
  unsigned next_number() { return ++number_; }

 private:
  Outcome lay_cables();
  Outcome start_rig();
  Outcome start_vms();
  void collect_faults();
  void collect_events();
  void collect_metrics();
  void collect_timeline();

  const Equipment& equipment_;
  const std::uint64_t seed_;
  const std::filesystem::path data_;
  mutable std::mutex mutex_;
  std::vector<reports::Measurement> measurements_;
  std::vector<std::string> notes_;
  std::atomic<unsigned> number_ = 0;
  std::atomic<bool> closing_ = false;
  std::atomic<pid_t> rig_pid_ = 0;
  std::map<std::string, Device> devices_;
  std::unique_ptr<HostCards> cards_;
  std::unique_ptr<RigProcess> rig_;
  std::unique_ptr<EventFeed> events_;
  std::unique_ptr<ProcessSampler> sampler_;
  std::unique_ptr<PacketCapture> capture_;
};

}  // namespace watchrig::scenarios
