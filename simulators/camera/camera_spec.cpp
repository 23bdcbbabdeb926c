#include "simulators/camera/camera_spec.hpp"

#include <algorithm>
#include <unistd.h>

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/format.h>

#include "simulators/camera/onvif/camera_io.hpp"
#include "simulators/camera/onvif/camera_place.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::camera {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using kernel::XmlAttributes;
namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr const char* sample_folder = "/usr/share/doc/opencv-doc/examples/data";

bool valid_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), allowed);
}

/// Of the first of cameras whose phases are spread: all have their unit before the first of them sends it.
constexpr double first_phase = 0.1;

Result<std::string> read_id(XmlAttributes& attributes) {
  auto id = attributes.required("id");
  if (id && !valid_id(*id)) {
    return attributes.error(
        fmt::format("id=\"{}\" may have letters, digits, - and _ only, at most 64 of them", *id));
  }
  return id;
}

/// The address that so many further ones lie behind.
std::string nth_address(const std::string& first, std::uint64_t n) {
  return asio::ip::address_v4(asio::ip::make_address_v4(first).to_uint() + static_cast<std::uint32_t>(n))
      .to_string();
}

/// What all streams of the camera show: the scene, or a file found at one of the three places.
Result<scene::SourceSpec> read_content(XmlAttributes& attributes, const fs::path& folder) {
  scene::SourceSpec content;
  const bool has_scene = attributes.has("scene");
  content.scene = attributes.text("scene", "street");
  const fs::path name = attributes.text("file");
  if (!attributes.has("file")) {
    if (content.scene == "street") return content;
    return attributes.error(fmt::format("scene=\"{}\" is unknown; there is \"street\"", content.scene));
  }
  if (has_scene) return attributes.error("a camera shows a scene or a file, not both");
  for (const fs::path& path : {folder / name, fs::path(sample_folder) / name}) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) continue;
    content.file = fs::weakly_canonical(path, ignored);
    return content;
  }
  Error error =
      attributes.error(fmt::format("the video file \"{}\" is neither in {} nor in {}", name.string(),
                                   folder.empty() ? "the present folder" : folder.string(), sample_folder));
  error.kind = ErrorKind::not_found;
  return error;
}

Result<scene::SourceSpec> read_stream(XmlAttributes& attributes, const char* name,
                                      const scene::SourceSpec& content, bool video) {
  const auto text = attributes.required(name);
  if (!text) return text.error();
  const auto profile = scene::parse_profile(*text);
  if (!profile) return attributes.error(fmt::format("{}: {}", name, profile.error().message));
  if (profile->passthrough() && content.file.empty()) {
    return attributes.error(fmt::format("{}=\"passthrough\" needs a file", name));
  }
  const bool is_video = profile->passthrough() || media::is_video(*profile->codec);
  if (is_video != video) {
    return attributes.error(
        fmt::format("{}=\"{}\" is not {}", name, *text, video ? "a video profile" : "pcmu, pcma or aac"));
  }
  scene::SourceSpec spec = content;
  spec.profile = *profile;
  return spec;
}

Result<void> read_access(XmlAttributes& attributes, CameraSpec& spec) {
  spec.username = attributes.text("username");
  spec.password = attributes.text("password");
  const auto auth = attributes.text("auth", spec.username.empty() ? "none" : "digest");
  if (auth != "digest" && auth != "none") {
    return attributes.error(fmt::format("auth=\"{}\" is neither digest nor none", auth));
  }
  if (auth == "digest" && (spec.username.empty() || spec.password.empty())) {
    return attributes.error("auth=\"digest\" needs a username and a password");
  }
  if (spec.username.empty() && !spec.password.empty()) return attributes.error("a password needs a username");
  if (auth == "none") spec.username = spec.password = "";
  return {};
}

/// The first of `count` consecutive ports; 0 when any will do.
Result<std::uint16_t> read_port(XmlAttributes& attributes, const char* name, std::uint64_t count) {
  const auto port = attributes.integer(name, 0, 0, 65535);
  if (!port) return port.error();
  if (*port != 0 && *port + count - 1 > 65535) {
    return attributes.error("there are not so many ports from this one on");
  }
  return static_cast<std::uint16_t>(*port);
}

Result<void> read_io(XmlAttributes& attributes, CameraSpec& spec) {
  const auto personality = attributes.text("personality");
  const auto quirks = Quirks::parse(personality);
  if (!quirks) return attributes.error("personality: " + quirks.error().message);
  if (const auto quirk = quirks->needs_onvif(); !quirk.empty() && !spec.onvif)
    return attributes.error(fmt::format("personality: {} needs onvif=\"yes\"", quirk));
  spec.quirks = *quirks;
  for (const auto& [name, number] : {std::pair("inputs", &spec.inputs), {"outputs", &spec.outputs}}) {
    const auto count = attributes.integer(name, 0, 0, CameraIo::most);
    if (!count) return count.error();
    if (*count != 0 && !spec.onvif) return attributes.error(fmt::format("{} needs onvif=\"yes\"", name));
    *number = static_cast<unsigned>(*count);
  }
  return {};
}

Result<void> read_channels(XmlAttributes& attributes, CameraSpec& spec) {
  const auto channels = attributes.integer("channels", 16, 1, max_channels);
  if (!channels) return channels.error();
  spec.channels = static_cast<unsigned>(*channels);
  const auto distinct = attributes.text("distinct", "no");
  if (distinct != "yes" && distinct != "no")
    return attributes.error(fmt::format("distinct=\"{}\" is neither yes nor no", distinct));
  spec.distinct = distinct == "yes";
  for (const char* name : {"ptz", "imaging"}) {
    if (attributes.has(name))
      return attributes.error(fmt::format("{} is of cameras: a recorder has none", name));
  }
  return {};
}

Result<void> read_head(XmlAttributes& attributes, CameraSpec& spec) {
  const auto ptz = attributes.text("ptz", "no");
  if (ptz != "yes" && ptz != "no")
    return attributes.error(fmt::format("ptz=\"{}\" is neither yes nor no", ptz));
  spec.ptz = ptz == "yes";
  if (!spec.ptz) return {};
  if (!spec.onvif) return attributes.error("ptz=\"yes\" needs onvif=\"yes\"");
  if (attributes.has("file"))
    return attributes.error("ptz=\"yes\" needs the scene: a file shows one view only");
  return {};
}

Result<void> read_imaging(XmlAttributes& attributes, CameraSpec& spec) {
  const auto imaging = attributes.text("imaging", "no");
  if (imaging != "yes" && imaging != "no")
    return attributes.error(fmt::format("imaging=\"{}\" is neither yes nor no", imaging));
  spec.imaging = imaging == "yes";
  if (spec.imaging && !spec.onvif) return attributes.error("imaging=\"yes\" needs onvif=\"yes\"");
  return {};
}

Result<void> read_analytics(XmlAttributes& attributes, CameraSpec& spec) {
  const auto analytics = attributes.text("analytics", "no");
  if (analytics != "yes" && analytics != "no")
    return attributes.error(fmt::format("analytics=\"{}\" is neither yes nor no", analytics));
  const auto rate = attributes.integer("analytics-rate", 5, 1, 30);
  if (!rate) return rate.error();
  spec.analytics = analytics == "yes";
  spec.analytics_rate = static_cast<unsigned>(*rate);
  if (!spec.analytics && attributes.has("analytics-rate"))
    return attributes.error("analytics-rate needs analytics=\"yes\"");
  if (!spec.analytics) return {};
  if (!spec.onvif) return attributes.error("analytics=\"yes\" needs onvif=\"yes\"");
  if (attributes.has("file"))
    return attributes.error("analytics=\"yes\" needs the scene: nobody knows what a file shows");
  return {};
}

Result<void> read_backchannel(XmlAttributes& attributes, CameraSpec& spec) {
  const auto backchannel = attributes.text("backchannel", "no");
  if (backchannel != "yes" && backchannel != "no")
    return attributes.error(fmt::format("backchannel=\"{}\" is neither yes nor no", backchannel));
  spec.backchannel = backchannel == "yes";
  return {};
}

/// The card of a camera, the disk of a recorder.
Result<void> read_card(XmlAttributes& attributes, CameraSpec& spec) {
  const std::string what = spec.channels == 0 ? "card" : "disk", size = what + "-mb", when = what + "-full";
  const auto megabytes = attributes.integer(size.c_str(), 0, 0, max_card_megabytes);
  if (!megabytes) return megabytes.error();
  const auto full = attributes.text(when.c_str(), "overwrite");
  if (full != "overwrite" && full != "stop")
    return attributes.error(fmt::format("{}=\"{}\" is neither overwrite nor stop", when, full));
  if (*megabytes == 0 && attributes.has(when.c_str()))
    return attributes.error(fmt::format("{} needs {}", when, size));
  if (*megabytes != 0 && !spec.onvif) return attributes.error(fmt::format("{} needs onvif=\"yes\"", size));
  spec.card_bytes = *megabytes << 20;
  spec.card_stops = full == "stop";
  return {};
}

Result<void> read_tls(XmlAttributes& attributes, CameraSpec& spec, std::uint64_t count) {
  const auto https = attributes.text("https", "no"), http = attributes.text("http", "yes");
  if ((https != "yes" && https != "no") || (http != "yes" && http != "no"))
    return attributes.error("http and https are yes or no");
  const auto manner = certificate_manner(attributes.text("certificate", "self-signed"));
  if (!manner) return attributes.error(fmt::format("certificate: there are {}", certificate_manners));
  const auto port = read_port(attributes, "https-port", count);
  if (!port) return port.error();
  spec.https_port = *port;
  spec.http = http == "yes";
  if (https == "yes") spec.certificate = *manner;
  if (https == "yes" && !spec.onvif) return attributes.error("https=\"yes\" needs onvif=\"yes\"");
  if (https == "no" && (!spec.http || attributes.has("certificate") || attributes.has("https-port")))
    return attributes.error("http=\"no\", certificate and https-port need https=\"yes\"");
  return {};
}

Result<void> read_onvif(XmlAttributes& attributes, CameraSpec& spec, std::uint64_t count) {
  const auto onvif = attributes.text("onvif", "no");
  if (onvif != "yes" && onvif != "no") {
    return attributes.error(fmt::format("onvif=\"{}\" is neither yes nor no", onvif));
  }
  spec.onvif = onvif == "yes";
  const auto port = read_port(attributes, "onvif-port", count);
  if (!port) return port.error();
  if (*port != 0 && !spec.onvif) return attributes.error("onvif-port needs onvif=\"yes\"");
  spec.onvif_port = *port;
  const auto ahead = attributes.text("clock-ahead", "0s");
  const bool behind = ahead.starts_with('-');
  const auto by = base::parse_duration(behind ? ahead.substr(1) : ahead);
  if (!by) return attributes.error("clock-ahead: " + by.error().message);
  if (*by != base::Duration{} && !spec.onvif) return attributes.error("clock-ahead needs onvif=\"yes\"");
  spec.clock_ahead = behind ? -*by : *by;
  if (const auto read = read_tls(attributes, spec, count); !read) return read.error();
  if (const auto read = read_card(attributes, spec); !read) return read.error();
  return read_io(attributes, spec);
}

/// "own.10" is the tenth of 250 addresses that another rig on this machine hardly has.
std::string address_of_run(const std::string& text) {
  constexpr std::string_view own = "own.";
  if (!text.starts_with(own)) return text;
  const auto process = static_cast<unsigned>(::getpid());
  return fmt::format("127.{}.{}.{}", 128 + process / 250 % 120, process % 250, text.substr(own.size()));
}

Result<void> read_place(XmlAttributes& attributes, CameraSpec& spec, std::uint64_t count) {
  spec.address = address_of_run(attributes.text("address", spec.address));
  const auto first = loopback_address(spec.address);
  if (!first || (attributes.has("address") && !loopback_address(nth_address(spec.address, count - 1)))) {
    return attributes.error(fmt::format("address=\"{}\" is none in 127.0.0.0/8 with {} others behind it",
                                        spec.address, count - 1));
  }
  const auto discovery = attributes.text("discovery", "no");
  if (discovery != "yes" && discovery != "no") {
    return attributes.error(fmt::format("discovery=\"{}\" is neither yes nor no", discovery));
  }
  spec.discovery = discovery == "yes";
  if (spec.discovery && !spec.onvif) return attributes.error("discovery=\"yes\" needs onvif=\"yes\"");
  const auto own = attributes.text("private", "no"), initialised = attributes.text("initialised", "yes");
  if ((own != "yes" && own != "no") || (initialised != "yes" && initialised != "no")) {
    return attributes.error("private and initialised are yes or no");
  }
  spec.speaks_private = own == "yes";
  if ((spec.speaks_private || initialised == "no") && !spec.onvif) {
    return attributes.error("private=\"yes\" and initialised=\"no\" need onvif=\"yes\"");
  }
  if (initialised == "no" && attributes.has("username")) {
    return attributes.error("initialised=\"no\" has no username: the first administrator is yet to be made");
  }
  spec.dhcp_address = attributes.text("dhcp-address");
  if (attributes.has("dhcp-address") && (!spec.onvif || count != 1 || !loopback_address(spec.dhcp_address))) {
    return attributes.error(
        "dhcp-address is one in 127.0.0.0/8 for one camera, which needs onvif=\"yes\" to be told to use it");
  }
  spec.manufacturer = attributes.text("manufacturer", spec.manufacturer);
  spec.serial_number = attributes.text("serial");
  if (!valid_id(spec.manufacturer) || (attributes.has("serial") && !valid_id(spec.serial_number))) {
    return attributes.error(
        "manufacturer and serial may have letters, digits, - and _ only, at most 64 of them");
  }
  return {};
}

Result<void> read_streams(XmlAttributes& attributes, const fs::path& folder, CameraSpec& spec) {
  const auto content = read_content(attributes, folder);
  if (!content) return content.error();
  for (const auto name : media::stream_names) {
    attributes.text(name.data());
    if (name != media::main_stream && !attributes.has(name.data())) continue;
    if (const auto before = media::stream_names[spec.streams.size()]; before != name)
      return attributes.error(fmt::format("{} needs {}: sub streams are numbered", name, before));
    auto source = read_stream(attributes, name.data(), *content, true);
    if (!source) return source.error();
    spec.streams.push_back({name, std::move(*source)});
  }
  attributes.text("audio");
  if (attributes.has("audio")) {
    auto audio = read_stream(attributes, "audio", *content, false);
    if (!audio) return audio.error();
    spec.audio = std::move(*audio);
  }
  return {};
}

}  // namespace

Result<std::vector<CameraSpec>> parse_camera(const kernel::XmlFile& file, pugi::xml_node element,
                                             const fs::path& folder) {
  XmlAttributes attributes(file, element);
  CameraSpec spec;
  auto id = read_id(attributes);
  if (!id) return id.error();
  const auto count = attributes.integer("count", 1, 1, max_cameras);
  if (!count) return count.error();
  const auto port = read_port(attributes, "port", *count);
  if (!port) return port.error();
  if (std::string_view(element.name()) == "recorder") {
    if (const auto read = read_channels(attributes, spec); !read) return read.error();
  }
  if (const auto read = read_onvif(attributes, spec, *count); !read) return read.error();
  if (const auto read = read_head(attributes, spec); !read) return read.error();
  if (const auto read = read_imaging(attributes, spec); !read) return read.error();
  if (const auto read = read_analytics(attributes, spec); !read) return read.error();
  if (const auto read = read_backchannel(attributes, spec); !read) return read.error();
  if (const auto read = read_place(attributes, spec, *count); !read) return read.error();
  if (const auto read = read_streams(attributes, folder, spec); !read) return read.error();
  if (const auto read = read_access(attributes, spec); !read) return read.error();
  const bool from_file = std::ranges::any_of(
      spec.streams, [](const auto& stream) { return stream.source.profile.passthrough(); });
  if (spec.distinct && from_file)
    return attributes.error("distinct=\"yes\": the pictures of passthrough are those of the file");
  if (spec.imaging && from_file)
    return attributes.error("imaging=\"yes\": the pictures of passthrough are those of the file");
  const auto phases = attributes.text("phases", "together");
  if (phases != "together" && phases != "spread")
    return attributes.error(fmt::format("phases=\"{}\" is neither together nor spread", phases));
  if (const auto finished = attributes.finish(); !finished) return finished.error();
  if (element.first_child()) return attributes.error(fmt::format("a {} has no content", element.name()));

  std::vector<CameraSpec> cameras(*count, spec);
  for (std::uint64_t i = 0; i < *count; ++i) {
    cameras[i].id = attributes.has("count") ? fmt::format("{}-{}", *id, i + 1) : *id;
    if (phases == "spread")
      cameras[i].phase =
          first_phase + (1 - first_phase) * static_cast<double>(i) / static_cast<double>(*count);
    if (attributes.has("address")) cameras[i].address = nth_address(spec.address, i);
    const auto further = static_cast<std::uint16_t>(attributes.has("address") ? 0 : i);
    if (*port != 0) cameras[i].port = static_cast<std::uint16_t>(*port + further);
    if (spec.onvif_port != 0) cameras[i].onvif_port = static_cast<std::uint16_t>(spec.onvif_port + further);
    if (spec.https_port != 0) cameras[i].https_port = static_cast<std::uint16_t>(spec.https_port + further);
  }
  return cameras;
}

}  // namespace watchrig::camera
