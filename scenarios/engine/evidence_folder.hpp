#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "reports/model/evidence.hpp"
#include "system/base/result.hpp"

namespace watchrig::scenarios {

/// Where a scenario leaves what proves its verdict: `evidence/<scenario>/` of the report folder. Any thread.
class EvidenceFolder {
 public:
  /// Makes the folder anew; what an earlier run left in it is removed.
  static base::Result<std::unique_ptr<EvidenceFolder>> create(const std::filesystem::path& report,
                                                              const std::string& scenario);

  std::filesystem::path path(std::string_view file) const { return folder_ / file; }
  /// Announces a file that somebody writes now or later.
  void add(std::string name, reports::EvidenceKind kind, std::string_view file, std::string note = {});
  /// Writes it here and announces it. That it cannot be written is logged, and no reason to stop.
  void write(std::string name, reports::EvidenceKind kind, std::string_view file, std::string_view content,
             std::string note = {});
  /// What has been announced and is there.
  std::vector<reports::Evidence> list() const;

 private:
  EvidenceFolder(std::filesystem::path folder, std::string prefix)
      : folder_(std::move(folder)), prefix_(std::move(prefix)) {}

  std::filesystem::path folder_;
  std::string prefix_;  ///< `evidence/<scenario>/`
  mutable std::mutex mutex_;
  std::vector<reports::Evidence> list_;
};

}  // namespace watchrig::scenarios
