#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "system/base/dialer.hpp"
#include "system/devices/registered/refusal_book.hpp"
#include "system/devices/registered/registration_line.hpp"

namespace watchrig::devices {

class DeviceTunnel;

/// Where devices register that nobody can connect to, because address translation is between
/// (REGISTRATION_PROTOCOL.md; platform manual III, "automatic registration"; the PU of H.626.4, 8.1). Each
/// proves by its password that it is the device of its id, keeps a control connection, and makes a connection
/// back whenever one to it is asked for. Any thread, unless something else is said.
class RegistrationDesk final : public std::enable_shared_from_this<RegistrationDesk> {
 public:
  using Tcp = boost::asio::ip::tcp;
  static constexpr std::size_t most_unproven = 256;  ///< connections of which it is not known whose they are
  static constexpr std::size_t most_of_a_source = 128;  ///< of them, from one address
  static constexpr std::size_t most_opening = 16;       ///< connections to one device that are being made
  static constexpr std::size_t most_waiting = 512;      ///< for one device, until others are made

  struct Place {
    std::string address;
    std::uint16_t port = 0;               ///< 0: any free one
    std::chrono::seconds keep_alive{30};  ///< between the signs of life of a device, 5 to 300
  };
  struct News {
    enum class Kind { registered, lost, refused, closed };
    Kind kind{};
    std::string device_id;
    std::string source;  ///< address, without port
    std::string reason;  ///< why it was lost or refused, or the port cannot be opened
  };
  struct Options {
    base::Duration patience = std::chrono::seconds(10);  ///< for the proof, real time
    std::function<bool(const boost::asio::ip::address& source)> admit;
    /// The password of the device with that id. Errors: not_found, and why else it cannot register.
    std::function<base::Result<std::string>(const std::string& device_id)> password;
    /// On the desk's executor; must not wait.
    std::function<void(const News& news)> tell;
  };
  struct Registered {
    std::string device_id;
    std::string source;
    base::UtcTime since;
    std::uint64_t connections = 0;  ///< made to it since
  };

  /// The clock outlives the executor's last handler. One thread runs the executor.
  RegistrationDesk(const base::Clock& clock, Options options, boost::asio::any_io_executor executor)
      : clock_(clock), options_(std::move(options)), executor_(std::move(executor)) {}

  /// Listens there, in place of where it did, or nowhere; soon. What has registered has to do so anew, while
  /// connections that were made go on.
  void listen_at(std::optional<Place> place);
  /// Whether it could listen there if it did not listen anywhere. Errors: invalid (the address), conflict.
  base::Result<> try_place(const Place& place) const;
  /// 0 while it listens nowhere.
  std::uint16_t port() const;

  std::vector<Registered> registered() const;
  std::vector<RefusalBook::Refused> refused() const;

  /// To the device of that id, whether it is registered or not.
  std::shared_ptr<base::Dialer> dialer(std::string device_id);

 private:
  using Self = std::shared_ptr<RegistrationDesk>;
  using Line = std::shared_ptr<RegistrationLine>;
  using Acceptor = std::shared_ptr<Tcp::acceptor>;
  class DeviceDialer;
  struct Device {
    Line line;
    Registered shown;
    std::string password;
    std::chrono::seconds keep_alive{};
    std::size_t opening = 0;
    std::deque<std::string> waiting;  ///< names of tunnels that are to be asked for
    bool replaced = false;            ///< by a newer connection of the same device
    std::string ended;                ///< why it was closed from here
  };
  using DevicePtr = std::shared_ptr<Device>;
  /// Somebody's wish for a connection. Whoever waits owns it: nothing here may keep it.
  struct Wish {
    std::weak_ptr<DeviceTunnel> tunnel;
    DevicePtr device;
    std::string service;
    bool asked = false;
  };
  /// A place among those that have not proven who they are.
  class Unproven;

  base::Result<Acceptor> listen(const Place& place) const;
  static boost::asio::awaitable<void> accept(Self self, Acceptor acceptor);
  static boost::asio::awaitable<void> serve(Self self, Tcp::socket socket, std::unique_ptr<Unproven> place);
  static boost::asio::awaitable<void> enrol(Self self, Line line, std::string device_id,
                                            std::unique_ptr<Unproven> place);
  static boost::asio::awaitable<void> keep(Self self, DevicePtr device);
  /// Errors: denied (the password is wrong), and what broke the exchange off.
  static boost::asio::awaitable<base::Result<>> prove(Line line, std::string device_id, std::string password);
  void refuse(const Line& line, const std::string& device_id, const std::string& reason);
  /// Why the device is not to be registered any more.
  std::optional<std::string> objection(const Device& device) const;
  void wish(const std::string& name, const std::string& device_id, Wish wish);
  void ask(const std::string& name);
  void end_wish(const std::string& name);
  void take_tunnel(const std::string& name, RegistrationLine& line);
  void fail_tunnel(const std::string& name, const DevicePtr& device, const std::string& reason);
  /// In place of an older one.
  DevicePtr enter(const Line& line, const std::string& device_id, const std::string& password);
  void leave(const DevicePtr& device, const std::string& reason);
  void tell(News::Kind kind, const std::string& device_id, const std::string& source, std::string reason);

  const base::Clock& clock_;
  const Options options_;
  const boost::asio::any_io_executor executor_;
  // On the executor.
  std::map<boost::asio::ip::address, std::size_t> unproven_;
  std::size_t all_unproven_ = 0;
  std::uint64_t places_ = 0;            ///< counts calls of listen_at()
  std::map<std::string, Wish> wishes_;  ///< by the names of their tunnels
  mutable std::mutex mutex_;
  // Under the mutex; changed on the executor.
  Acceptor acceptor_;
  Place place_;
  std::uint16_t port_ = 0;
  std::map<std::string, DevicePtr> devices_;  ///< by their ids
  RefusalBook refusals_;
};

}  // namespace watchrig::devices
