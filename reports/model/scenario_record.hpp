#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "reports/model/evidence.hpp"
#include "reports/model/measurement.hpp"
#include "reports/model/verdict.hpp"
#include "system/base/clock.hpp"

namespace watchrig::reports {

/// A device that took part. The verdict of a scenario is worth something else on real hardware.
struct DeviceRecord {
  std::string id;
  std::string kind;    ///< camera, recorder, ptz, …
  bool real = false;   ///< false: virtual
  std::string driver;  ///< how it was reached: rtsp, pelco-d, …; may be empty
  std::string detail;  ///< profile, or maker, model, firmware and address of a real one; may be empty
};
BOOST_DESCRIBE_STRUCT(DeviceRecord, (), (id, kind, real, driver, detail))

/// One step and the steps within it. Times are model time.
struct StepRecord {
  std::string verb;  ///< `expect`, `parallel`, …
  std::string
      text;  ///< the step as its author wrote it, for a person: `expect recording.resumed on Gate within 5s`
  int line = 0;  ///< in the scenario file; 0: unknown
  base::UtcTime begin{};
  base::UtcTime end{};
  Verdict verdict = Verdict::pass;
  std::string message;  ///< what was found; required unless passed
  std::vector<StepRecord> steps;
};
BOOST_DESCRIBE_STRUCT(StepRecord, (), (verb, text, line, begin, end, verdict, message, steps))

/// How an entry of the timeline is coloured.
enum class Tone { plain, good, warning, bad };
std::string_view to_string(Tone tone);
std::optional<Tone> parse_tone(std::string_view text);

/// Something that happened (end absent) or a state that lasted (end given). Entries with the same lane share
/// a line; the lane `steps` is drawn from the steps and needs no entries. Customary lanes: `faults gate`,
/// `events`, `gate connection`, `Gate recording`.
struct TimelineEntry {
  std::string lane;
  std::string text;  ///< a few words: `power-cut`, `recording.resumed`, `online`
  base::UtcTime begin{};
  std::optional<base::UtcTime> end;
  Tone tone = Tone::plain;
  std::string detail;  ///< shown on demand; may be empty
};
BOOST_DESCRIBE_STRUCT(TimelineEntry, (), (lane, text, begin, end, tone, detail))

struct Point {
  base::UtcTime time{};
  double value = 0;

  bool operator==(const Point&) const = default;
};

/// A value over time, in order of time.
struct Series {
  std::string name;
  std::string unit;
  std::vector<Point> points;
};
BOOST_DESCRIBE_STRUCT(Series, (), (name, unit, points))

/// A failure that is known for the devices of this run and therefore expected.
struct KnownFailure {
  std::string reference;    ///< where it is tracked
  std::string reason;       ///< what is known
  std::string fingerprint;  ///< the devices it is bound to
};
BOOST_DESCRIBE_STRUCT(KnownFailure, (), (reference, reason, fingerprint))

/// Everything known about one scenario, or one case of a conformance profile.
struct ScenarioRecord {
  std::string id;  ///< unique in its run; names the evidence folder
  std::string title;
  std::string file;                   ///< as given on the command line; may be empty
  std::vector<std::string> verifies;  ///< rows of conformance/requirements
  std::uint64_t seed = 0;             ///< that drove every random draw
  base::UtcTime begin{};              ///< model time
  base::UtcTime end{};
  double real_seconds = 0;  ///< how long it really took
  Verdict verdict = Verdict::pass;
  std::string reason;              ///< the first cause in plain words; required unless passed
  std::vector<std::string> notes;  ///< what else a reader should know, a sentence each
  std::optional<KnownFailure> known_failure;
  bool unexpected_pass = false;  ///< it passed in spite of its known failure: time to strike that off
  std::string command;           ///< runs just this again with the same seed
  std::vector<DeviceRecord> devices;
  std::vector<StepRecord> steps;
  std::vector<Measurement> measurements;
  std::vector<Series> series;
  std::vector<TimelineEntry> timeline;
  std::vector<Evidence> evidence;
};
BOOST_DESCRIBE_STRUCT(ScenarioRecord, (),
                      (id, title, file, verifies, seed, begin, end, real_seconds, verdict, reason, notes,
                       known_failure, unexpected_pass, command, devices, steps, measurements, series,
                       timeline, evidence))

}  // namespace watchrig::reports
