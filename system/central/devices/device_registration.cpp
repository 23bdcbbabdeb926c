#include "system/central/devices/device_registration.hpp"

#include <fmt/format.h>

#include "system/central/device_notes.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

namespace json = boost::json;

namespace {

using News = devices::RegistrationDesk::News;
constexpr const char* section = "device_registration";
/// In the trace, one that names an id that no device has.
constexpr const char* unknown_device = "unknown";

Event event_of(const News& news, const Device* device) {
  const auto name = device ? fmt::format("device \"{}\"", device->name)
                           : fmt::format("the device with the id \"{}\"", news.device_id);
  Event event;
  event.source = news.source;
  event.cause = news.reason;
  event.data = {{"device_id", news.device_id}};
  if (device) event.data["device"] = device->id;
  if (device && !device->channels.empty()) {
    event.channel = device->channels.front().id;
    event.channel_name = device->channels.front().name;
  }
  switch (news.kind) {
    case News::Kind::registered:
      event.type = "device.registered";
      event.message = fmt::format("{} has registered from {}", name, news.source);
      break;
    case News::Kind::closed:
      event.type = "device.registration-failed";
      event.message = news.reason;
      break;
    case News::Kind::lost:
      event.type = "device.registration-lost";
      event.message = fmt::format("{} is no longer registered: {}", name, news.reason);
      break;
    case News::Kind::refused:
      event.type = "device.registration-refused";
      event.message =
          fmt::format("{} was refused, which tried to register from {}: {}", name, news.source, news.reason);
      break;
  }
  return event;
}

}  // namespace

SettingSection device_registration_section(std::uint16_t usual_port) {
  auto port = number_setting("port", usual_port, 1025, 65535, "TCP port");
  port.least_stored = 1;
  return {
      section,
      "where devices register that nobody can connect to; a change has all register anew, while streams go "
      "on",
      {flag_setting("enabled", false, "whether they can"),
       text_setting("address", "0.0.0.0", 45, "address to listen on"), port,
       number_setting("keep_alive", 30, 5, 300, "seconds between the signs of life of a device")},
      {}};
}

DeviceRegistration::DeviceRegistration(Parts parts, boost::asio::any_io_executor executor)
    : parts_(std::move(parts)) {
  devices::RegistrationDesk::Options options;
  options.admit = parts_.admit;
  options.password = [this](const std::string& device_id) -> base::Result<std::string> {
    const auto device = parts_.registry.find_registered(device_id);
    if (!device) return device.error();
    if ((*device)->password.empty())
      return base::Error{base::ErrorKind::denied, "its password is lost here; it has to be entered again"};
    return (*device)->password;
  };
  options.tell = [this](const News& news) { tell(news); };
  desk_ = std::make_shared<devices::RegistrationDesk>(parts_.clock, std::move(options), std::move(executor));
  follow(parts_.settings.values(section).values);
  parts_.settings.add_rule(section, [this](const json::object& values) { return check(values); });
  parts_.settings.listen(section, [this](const Settings::Change& change) {
    if (change.before.values != change.after.values) follow(change.after.values);
  });
}

devices::RegistrationDesk::Place DeviceRegistration::place_in(const json::object& values) const {
  const auto port = static_cast<std::uint16_t>(values.at("port").as_int64());
  return {std::string(values.at("address").as_string()), port == 0 ? usual_port_.load() : port,
          std::chrono::seconds(values.at("keep_alive").as_int64())};
}

FieldResult<void> DeviceRegistration::check(const json::object& values) const {
  auto place = place_in(values);
  // The port that is open cannot be tried, and that of a closed desk need not be free; the address can.
  const bool any_port = place.port == desk_->port() || !values.at("enabled").as_bool();
  if (any_port) place.port = 0;
  const auto may = desk_->try_place(place);
  if (may) return {};
  const bool of_address = any_port || may.error().kind == base::ErrorKind::invalid;
  return FieldError{of_address ? "address" : "port", may.error()};
}

DeviceRegistration::~DeviceRegistration() { desk_->listen_at(std::nullopt); }

void DeviceRegistration::follow(const json::object& values) {
  if (const auto port = desk_->port()) usual_port_ = port;
  if (values.at("enabled").as_bool())
    desk_->listen_at(place_in(values));
  else
    desk_->listen_at(std::nullopt);
}

void DeviceRegistration::tell(const News& news) {
  const auto device = parts_.registry.find_registered(news.device_id);
  auto event = event_of(news, device ? device->get() : nullptr);
  if (news.kind == News::Kind::registered || news.kind == News::Kind::refused) {
    const auto asked = parts_.notes.heard(
        platform::to_message(device ? (*device)->id : unknown_device, platform::central_role,
                             platform::Register{news.device_id, news.source}),
        {});
    const bool granted = news.kind == News::Kind::registered;
    parts_.notes.answered(
        asked, granted ? base::Result<json::object>(json::object())
                       : base::Result<json::object>(base::Error{base::ErrorKind::denied, news.reason}));
    event.correlation = asked.correlation;
  }
  parts_.events.append(std::move(event));
  if (device && news.kind == News::Kind::registered) parts_.registered(**device);
}

std::string DeviceRegistration::listens_on() const {
  const auto port = desk_->port();
  const auto address = parts_.settings.text(section, "address");
  const bool v6 = address.find(':') != std::string::npos;
  return port == 0 ? std::string() : fmt::format("{}{}{}:{}", v6 ? "[" : "", address, v6 ? "]" : "", port);
}

std::shared_ptr<base::Dialer> DeviceRegistration::dialer(const Device& device) const {
  const auto* driver = find_driver(device.driver);
  return driver && driver->dials_in ? desk_->dialer(address_of(device).host) : nullptr;
}

}  // namespace watchrig::central
