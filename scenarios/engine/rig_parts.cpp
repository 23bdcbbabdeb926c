#include "scenarios/engine/rig_parts.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "system/media/stream_names.hpp"

namespace watchrig::scenarios {

namespace {

base::Error invalid(std::string text) { return {base::ErrorKind::invalid, std::move(text)}; }

base::Result<Device> read_bind(pugi::xml_node bind) {
  Device device;
  device.real = true;
  device.kind = "camera";
  device.id = bind.attribute("id").value();
  const std::string_view driver = bind.attribute("driver").value();
  if (device.id.empty()) return invalid("<bind> needs id=\"…\"");
  if (driver != "rtsp") {
    return invalid(
        fmt::format("<bind id=\"{}\"> driver=\"{}\" is not known; there is rtsp", device.id, driver));
  }
  for (auto attribute : bind.attributes()) {
    const std::string name = attribute.name();
    if (media::is_stream_name(name)) {
      device.streams[name] = attribute.value();
    } else if (name == "username") {
      device.username = attribute.value();
    } else if (name == "password") {
      device.password = attribute.value();
    } else if (name == "detail") {
      device.detail = attribute.value();
    } else if (name != "id" && name != "driver") {
      return invalid(
          fmt::format("<bind id=\"{}\"> has no attribute {}; it takes id, driver, main, sub, sub2, username, "
                      "password, detail",
                      device.id, name));
    }
  }
  if (!device.streams.contains("main"))
    return invalid(fmt::format("<bind id=\"{}\"> needs main=\"rtsp://…\"", device.id));
  return device;
}

base::Result<> load(pugi::xml_document& document, std::string_view text, std::string_view what) {
  const auto parsed = document.load_buffer(text.data(), text.size());
  if (!parsed) return invalid(fmt::format("{} is not well-formed: {}", what, parsed.description()));
  if (std::string_view(document.document_element().name()) != "rig") {
    return invalid(fmt::format("{} has no <rig> at its root", what));
  }
  return {};
}

std::string to_text(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "  ", pugi::format_default | pugi::format_no_declaration);
  return out.str();
}

}  // namespace

base::Result<RigParts> take_rig_apart(std::string_view rig) {
  RigParts parts;
  if (rig.empty()) return parts;
  pugi::xml_document document;
  if (auto loaded = load(document, rig, "the rig"); !loaded) return loaded.error();
  auto root = document.document_element();
  while (auto bind = root.child("bind")) {
    auto device = read_bind(bind);
    if (!device) return device.error();
    parts.real.push_back(*std::move(device));
    root.remove_child(bind);
  }
  if (root.first_child()) parts.played = to_text(document);
  return parts;
}

base::Result<std::string> bind_rig(std::string_view rig, std::string_view rig_file) {
  pugi::xml_document document;
  pugi::xml_document binding;
  if (auto loaded = load(document, rig.empty() ? "<rig/>" : rig, "the rig"); !loaded) return loaded.error();
  if (auto loaded = load(binding, rig_file, "the rig file"); !loaded) return loaded.error();
  auto root = document.document_element();
  for (auto device : binding.document_element().children()) {
    if (auto same = root.find_child_by_attribute("id", device.attribute("id").value()))
      root.remove_child(same);
    root.append_copy(device);
  }
  return to_text(document);
}

}  // namespace watchrig::scenarios
