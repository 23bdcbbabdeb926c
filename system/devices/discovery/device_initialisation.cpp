#include "system/devices/discovery/device_initialisation.hpp"

#include <fmt/format.h>

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto patience = std::chrono::seconds(3);
constexpr const char* private_path = "/private/device_service";

OnvifClient client_of(const base::Clock& clock, const FoundDevice& device, media::Credentials credentials) {
  OnvifClient::Options options;
  options.address = device.service;
  options.credentials = std::move(credentials);
  options.trust = device.trust;
  options.deadline = patience;
  return {clock, std::move(options)};
}

void write_administrator(pugi::xml_node request, const media::Credentials& credentials) {
  auto user = protocols::add(request, "tds:User");
  protocols::add(user, "tt:Username", credentials.username);
  protocols::add(user, "tt:Password", credentials.password);
  protocols::add(user, "tt:UserLevel", "Administrator");
}

}  // namespace

asio::awaitable<Result<Initialised>> initialise_device(const base::Clock& clock, FoundDevice device,
                                                       FirstAccount account) {
  const auto object = fmt::format("{}:{}", device.service.host, device.service.port);
  device.initialised.reset();
  device = co_await ask_found(clock, std::move(device));
  if (!device.initialised) {
    co_return Error{ErrorKind::unavailable,
                    object + " does not tell whether it has an administrator; is it on?"};
  }
  if (*device.initialised) co_return Error{ErrorKind::conflict, object + " has an administrator already"};
  OnvifClient nobody = client_of(clock, device, {});
  const OnvifClient::Fill create = [&account](pugi::xml_node request) {
    write_administrator(request, account.credentials);
  };
  const auto created = co_await nobody.ask(device.service.path, "tds:CreateUsers", create);
  if (!created) co_return created.error();
  OnvifClient administrator = client_of(clock, device, account.credentials);
  const auto clock_taken = co_await administrator.take_clock();
  if (!clock_taken) co_return clock_taken.error();
  const auto known = co_await administrator.ask(device.service.path, "tds:GetUsers", {});
  if (!known) co_return known.error();
  device.initialised = true;
  Initialised done{std::move(device)};
  if (!done.device.is_private || account.email.empty()) co_return done;
  const OnvifClient::Fill fill = [&account](pugi::xml_node request) {
    protocols::add(request, "wr:Email", account.email);
  };
  const auto kept = co_await administrator.ask(private_path, "wr:SetResetEmail", fill);
  done.email_kept = kept.has_value();
  co_return done;
}

}  // namespace watchrig::devices
