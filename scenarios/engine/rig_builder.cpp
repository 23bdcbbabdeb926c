#include "scenarios/engine/rig_builder.hpp"

#include <filesystem>
#include <optional>
#include <sstream>

#include <fmt/format.h>

namespace watchrig::scenarios {

namespace {

using std::filesystem::path;

void apply_overrides(pugi::xml_node device, const ParseOptions& options) {
  const std::string_view id = device.attribute("id").value();
  if (id.empty()) return;
  for (std::size_t i = 0; i < options.overrides.size(); ++i) {
    const auto& change = options.overrides[i];
    if (change.device != id) continue;
    auto attribute = device.attribute(change.name.c_str());
    if (!attribute) attribute = device.append_attribute(change.name.c_str());
    attribute.set_value(change.value.c_str());
    if (options.used) options.used->insert(i);
  }
}

void make_file_absolute(pugi::xml_node device, const path& folder) {
  auto file = device.attribute("file");
  if (!file) return;
  std::error_code error;
  const auto beside = std::filesystem::absolute(folder / file.value(), error);
  if (!error && std::filesystem::exists(beside, error)) file.set_value(beside.lexically_normal().c_str());
}

base::Result<> prepare(const XmlSource& source, pugi::xml_node written, pugi::xml_node copy,
                       const Variables& variables, const ParseOptions& options) {
  auto original = written.attributes().begin();
  for (auto attribute : copy.attributes()) {
    const auto value = substitute(attribute.value(), variables);
    if (!value)
      return source.error(written, fmt::format("{}: {}", (*original).name(), value.error().message));
    attribute.set_value(value->c_str());
    ++original;
  }
  apply_overrides(copy, options);
  make_file_absolute(copy, path(source.name()).parent_path());
  auto inner = written.first_child();
  for (auto child = copy.first_child(); child; child = child.next_sibling(), inner = inner.next_sibling()) {
    if (auto done = prepare(source, inner, child, variables, options); !done) return done;
  }
  return {};
}

base::Result<std::string> copy_rig(const XmlSource& source, pugi::xml_node rig, const Variables& variables,
                                   const ParseOptions& options) {
  pugi::xml_document document;
  auto copy = document.append_copy(rig);
  if (auto done = prepare(source, rig, copy, variables, options); !done) return done.error();
  std::ostringstream out;
  document.save(out, "  ", pugi::format_default | pugi::format_no_declaration);
  return out.str();
}

}  // namespace

base::Result<std::string> build_rig(const XmlSource& source, pugi::xml_node rig, const Variables& variables,
                                    const ParseOptions& options) {
  const auto elsewhere = rig.attribute("file");
  if (!elsewhere) return copy_rig(source, rig, variables, options);
  const auto written = substitute(elsewhere.value(), variables);
  if (!written) return source.error(rig, written.error().message);
  if (rig.first_child()) return source.error(rig, "<rig file=\"…\"> has nothing within it");
  const auto file = (path(source.name()).parent_path() / *written).lexically_normal();
  const auto text = options.read(file);
  if (!text) return source.error(rig, text.error().message);
  const auto other = XmlSource::parse(*text, file.string());
  if (!other) return other.error();
  if (std::string_view(other->root().name()) != "rig" || other->root().attribute("file")) {
    return other->error(other->root(), "a rig file has <rig> at its root");
  }
  return copy_rig(*other, other->root(), variables, options);
}

}  // namespace watchrig::scenarios
