#include "scenarios/engine/evidence_folder.hpp"

#include <algorithm>
#include <fstream>

#include "system/base/log.hpp"

namespace watchrig::scenarios {

base::Result<std::unique_ptr<EvidenceFolder>> EvidenceFolder::create(const std::filesystem::path& report,
                                                                     const std::string& scenario) {
  const auto folder = report / "evidence" / scenario;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  std::filesystem::create_directories(folder, error);
  if (error) return base::os_error("make folder", folder.string(), error.value());
  return std::unique_ptr<EvidenceFolder>(new EvidenceFolder(folder, "evidence/" + scenario + "/"));
}

void EvidenceFolder::add(std::string name, reports::EvidenceKind kind, std::string_view file,
                         std::string note) {
  const std::lock_guard lock(mutex_);
  const auto path = prefix_ + std::string(file);
  if (std::ranges::count(list_, path, &reports::Evidence::path) > 0) return;
  list_.push_back({std::move(name), kind, path, std::move(note)});
}

void EvidenceFolder::write(std::string name, reports::EvidenceKind kind, std::string_view file,
                           std::string_view content, std::string note) {
  std::ofstream out(path(file), std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!out.flush()) base::log_warning("evidence {} cannot be written", path(file).string());
  add(std::move(name), kind, file, std::move(note));
}

std::vector<reports::Evidence> EvidenceFolder::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<reports::Evidence> present;
  for (const auto& evidence : list_) {
    std::error_code error;
    const auto file = folder_ / evidence.path.substr(prefix_.size());
    if (std::filesystem::exists(file, error)) present.push_back(evidence);
  }
  return present;
}

}  // namespace watchrig::scenarios
