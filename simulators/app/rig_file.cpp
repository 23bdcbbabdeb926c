#include "simulators/app/rig_file.hpp"

#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "simulators/kernel/xml_file.hpp"
#include "simulators/services/ddns/ddns_server.hpp"
#include "simulators/services/ntp/ntp_server.hpp"
#include "simulators/services/relay/relay_server.hpp"
#include "simulators/services/smtp/mail_server.hpp"
#include "simulators/services/syslog/log_server.hpp"
#include "simulators/services/updates/update_feed_server.hpp"
#include "system/base/text.hpp"

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

template <auto plan>
Result<void> read_service(RigFile& rig, const XmlFile& file, pugi::xml_node element,
                          const std::filesystem::path&) {
  auto service = plan(file, element);
  if (!service) return service.error();
  rig.services.push_back(std::move(*service));
  return {};
}

/// One row a kind of device.
constexpr std::pair<std::string_view, Reader> readers[] = {
    {"camera", read_camera},
    {"recorder", read_camera},
    {"mail-server", read_service<services::plan_mail_server>},
    {"ntp-server", read_service<services::plan_ntp_server>},
    {"log-server", read_service<services::plan_log_server>},
    {"ddns-server", read_service<services::plan_ddns_server>},
    {"relay-server", read_service<services::plan_relay_server>},
    {"update-feed", read_service<services::plan_update_feed>}};

std::string kinds() {
  return base::joined(readers, ", ", [](const auto& row) { return fmt::format("<{}>", row.first); });
}

/// Ids address devices and ports are bound once each; a list that grows with each element knows where the
/// second came.
class Uniqueness {
 public:
  Result<void> check(const RigFile& rig, const XmlFile& file, pugi::xml_node element) {
    for (; cameras_ < rig.cameras.size(); ++cameras_) {
      if (auto free = take(rig.cameras[cameras_], file, element); !free) return free;
    }
    for (; services_ < rig.services.size(); ++services_) {
      if (auto free = take(rig.services[services_], file, element); !free) return free;
    }
    return {};
  }

 private:
  Result<void> take(const camera::CameraSpec& spec, const XmlFile& file, pugi::xml_node element) {
    return take(spec, spec.address, file, element);
  }
  Result<void> take(const services::ServicePlan& plan, const XmlFile& file, pugi::xml_node element) {
    return take(plan, camera::CameraSpec{}.address, file, element);
  }
  template <class Spec>
  Result<void> take(const Spec& spec, const std::string& address, const XmlFile& file,
                    pugi::xml_node element) {
    if (!ids_.insert(spec.id).second) {
      return file.error_at(element, fmt::format("the id \"{}\" is taken by another device", spec.id));
    }
    if (spec.port != 0 && !ports_.insert({address, spec.port}).second) {
      return file.error_at(element, fmt::format("port {} is taken by another device", spec.port));
    }
    return {};
  }

  std::size_t cameras_ = 0;
  std::size_t services_ = 0;
  std::set<std::string> ids_;
  std::set<std::pair<std::string, std::uint16_t>> ports_;  ///< of an address
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
    if (!reader) return file.error_at(element, "no virtual device of this kind; there are " + kinds());
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
