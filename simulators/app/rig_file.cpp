#include "simulators/app/rig_file.hpp"

#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "simulators/kernel/xml_file.hpp"

namespace watchrig::rig {

namespace {

using base::Result;
using kernel::XmlFile;

using Reader = Result<void> (*)(RigFile& rig, const XmlFile& file, pugi::xml_node element,
                                const std::filesystem::path& folder);

Result<void> read_camera(RigFile& rig, const XmlFile& file, pugi::xml_node element,
                         const std::filesystem::path& folder) {
  auto cameras = camera::parse_camera(file, element, folder);
  if (!cameras) return cameras.error();
  if (rig.cameras.size() + cameras->size() > camera::max_cameras) {
    return file.error_at(element, fmt::format("more than {} cameras in one rig", camera::max_cameras));
  }
  for (auto& spec : *cameras) rig.cameras.push_back(std::move(spec));
  return {};
}

/// One row a kind of device.
constexpr std::pair<std::string_view, Reader> readers[] = {{"camera", read_camera}};

/// Ids address devices and ports are bound once each; a list that grows with each element knows where the
/// second came.
class Uniqueness {
 public:
  Result<void> check(const RigFile& rig, const XmlFile& file, pugi::xml_node element) {
    for (; checked_ < rig.cameras.size(); ++checked_) {
      const auto& camera = rig.cameras[checked_];
      if (!ids_.emplace(camera.id, checked_).second) {
        return file.error_at(element, fmt::format("the id \"{}\" is taken by another device", camera.id));
      }
      if (camera.port != 0 && !ports_.emplace(camera.port, checked_).second) {
        return file.error_at(element, fmt::format("port {} is taken by another device", camera.port));
      }
    }
    return {};
  }

 private:
  std::size_t checked_ = 0;
  std::map<std::string, std::size_t> ids_;
  std::map<std::uint16_t, std::size_t> ports_;
};

Result<RigFile> read_rig(const XmlFile& file) {
  const auto root = file.root();
  if (std::string_view(root.name()) != "rig") return file.error_at(root, "the root of a rig file is <rig>");
  if (const auto known = kernel::XmlAttributes(file, root).finish(); !known) return known.error();
  const auto folder = std::filesystem::path(file.name()).parent_path();
  RigFile devices;
  Uniqueness uniqueness;
  for (const auto& element : root.children()) {
    if (element.type() != pugi::node_element) return file.error_at(root, "text between the devices");
    Reader reader = nullptr;
    for (const auto& [name, known] : readers) {
      if (name == element.name()) reader = known;
    }
    if (!reader) return file.error_at(element, "no virtual device of this kind; there is <camera>");
    if (const auto read = reader(devices, file, element, folder); !read) return read.error();
    if (const auto unique = uniqueness.check(devices, file, element); !unique) return unique.error();
  }
  return devices;
}

}  // namespace

Result<RigFile> read_rig_file(const std::string& path) {
  const auto file = XmlFile::load(path);
  if (!file) return file.error();
  return read_rig(*file);
}

Result<RigFile> parse_rig(std::string text, const std::string& name) {
  const auto file = XmlFile::parse(std::move(text), name);
  if (!file) return file.error();
  return read_rig(*file);
}

}  // namespace watchrig::rig
