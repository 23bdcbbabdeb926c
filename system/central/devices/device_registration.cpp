#include "system/central/devices/device_registration.hpp"

#include <fmt/format.h>

namespace watchrig::central {

namespace json = boost::json;

namespace {

using News = devices::RegistrationDesk::News;
constexpr const char* section = "device_registration";

Event event_of(const News& news, const Device* device) {
  const auto name = device ? fmt::format("device \"{}\"", device->name)
                           : fmt::format("the device with the id \"{}\"", news.device_id);
  Event event;
  event.source = news.source;
  event.cause = news.reason;
  event.data = {{"device_id", news.device_id}};
  if (device) event.data["device"] = device->id;
  switch (news.kind) {
    case News::Kind::registered:
      event.type = "device.registered";
      event.message = fmt::format("{} has registered from {}", name, news.source);
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

SettingSection device_registration_section() {
  return {
      section,
      "where devices register that nobody can connect to; a change has all register anew, while streams go "
      "on",
      {flag_setting("enabled", false, "whether they can"),
       text_setting("address", "0.0.0.0", 45, "address to listen on"), port_setting("port", 7000, "TCP port"),
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
    return (*device)->password;
  };
  options.tell = [this](const News& news) { tell(news); };
  desk_ = std::make_shared<devices::RegistrationDesk>(parts_.clock, std::move(options), std::move(executor));
  open();
  parts_.settings.add_rule(section, [this](const json::object& values) { return check(values); });
  parts_.settings.listen(section, [this](const Settings::Change& change) {
    if (change.before.values == change.after.values) return;
    desk_->close();
    open();
  });
}

FieldResult<void> DeviceRegistration::check(const json::object& values) const {
  // The port that is open cannot be tried, but its address can.
  const auto wanted = static_cast<std::uint16_t>(values.at("port").as_int64());
  const auto port = wanted == desk_->port() ? std::uint16_t{0} : wanted;
  const auto may = desk_->try_open(std::string(values.at("address").as_string()), port);
  if (may) return {};
  return FieldError{may.error().kind == base::ErrorKind::invalid || port == 0 ? "address" : "port",
                    may.error()};
}

DeviceRegistration::~DeviceRegistration() { desk_->close(); }

void DeviceRegistration::open() {
  const auto values = parts_.settings.values(section).values;
  if (!values.at("enabled").as_bool()) return;
  const auto wanted = static_cast<std::uint16_t>(values.at("port").as_int64());
  const auto opened =
      desk_->open(std::string(values.at("address").as_string()), wanted == 0 ? usual_port_ : wanted,
                  std::chrono::seconds(values.at("keep_alive").as_int64()));
  if (opened) {
    usual_port_ = desk_->port();
    return;
  }
  parts_.events.append({.type = "device.registration-failed",
                        .cause = std::string(base::to_string(opened.error().kind)),
                        .message = opened.error().message});
}

void DeviceRegistration::tell(const News& news) {
  const auto device = parts_.registry.find_registered(news.device_id);
  parts_.events.append(event_of(news, device ? device->get() : nullptr));
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
  return driver && driver->dials_in ? desk_ : nullptr;
}

}  // namespace watchrig::central
