#pragma once

#include <map>
#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace prometheus {
class Registry;
}

namespace watchrig::base {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Labels = std::map<std::string, std::string>;

/// Metrics of one process in the Prometheus model. Names end with their unit (`_bytes`, `_seconds`,
/// `_total`). Any thread. References stay valid as long as the registry.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// The series with these labels, made at the first call.
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});

  /// The text exposition format 0.0.4.
  std::string text() const;

 private:
  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace watchrig::base
