#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>

namespace prometheus {
class Registry;
}

namespace watchrig::base {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Labels = std::map<std::string, std::string>;

/// The gauges of values that are kept elsewhere: those that were set in the newest round. What is not set any
/// more, because its object is gone or has another name, is shown no more. One thread at a time.
class CollectedGauges {
 public:
  explicit CollectedGauges(prometheus::Registry& registry) : registry_(registry) {}

  /// No gauge of Metrics::gauge() has the same name and labels.
  void set(const std::string& name, const std::string& help, const Labels& labels, double value);
  /// A round: `copy` sets all that there is.
  void collect(const std::function<void(CollectedGauges&)>& copy);

 private:
  prometheus::Registry& registry_;
  std::map<Gauge*, prometheus::Family<Gauge>*> set_;
};

/// Metrics of one process in the Prometheus model. Names end with their unit (`_bytes`, `_seconds`,
/// `_total`). Any thread. References stay valid as long as the registry.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// The series with these labels, made at the first call.
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});

  using Copy = std::function<void(CollectedGauges&)>;
  /// Before each text(), one after the other: sets the gauges of values that are kept elsewhere. What it uses
  /// outlives all questions.
  void collect_by(Copy copy);

  /// The text exposition format 0.0.4.
  std::string text();

 private:
  struct Collector {
    Copy copy;
    CollectedGauges gauges;
  };
  std::shared_ptr<prometheus::Registry> registry_;
  std::mutex collecting_;
  std::vector<Collector> collectors_;
};

}  // namespace watchrig::base
