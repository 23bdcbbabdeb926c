#include "system/base/metrics.hpp"

#include <utility>

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace watchrig::base {

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>()) {}

Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

void CollectedGauges::set(const std::string& name, const std::string& help, const Labels& labels,
                          double value) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
  auto& gauge = family.Add(labels);
  gauge.Set(value);
  set_[&gauge] = &family;
}

void CollectedGauges::collect(const std::function<void(CollectedGauges&)>& copy) {
  const auto before = std::exchange(set_, {});
  copy(*this);
  for (const auto& [gauge, family] : before) {
    if (!set_.contains(gauge)) family->Remove(gauge);
  }
}

void Metrics::collect_by(Copy copy) {
  const std::lock_guard lock(collecting_);
  collectors_.push_back({std::move(copy), CollectedGauges(*registry_)});
}

std::string Metrics::text() {
  {
    const std::lock_guard lock(collecting_);
    for (auto& collector : collectors_) collector.gauges.collect(collector.copy);
  }
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace watchrig::base
