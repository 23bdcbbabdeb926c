#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "system/base/dialer.hpp"
#include "system/devices/registered/registration_line.hpp"

namespace watchrig::devices {

/// Where devices register that nobody can connect to, because address translation is between
/// (REGISTRATION_PROTOCOL.md; platform manual III, "automatic registration"; the PU of H.626.4, 8.1). Each
/// proves by its password that it is the device of its id, keeps a control connection, and makes a connection
/// back whenever one to it is asked for. Any thread, unless something else is said.
class RegistrationDesk final : public base::Dialer, public std::enable_shared_from_this<RegistrationDesk> {
 public:
  using Tcp = boost::asio::ip::tcp;
  static constexpr std::size_t most_unproven = 256;  ///< connections of which it is not known whose they are
  static constexpr std::size_t most_opening = 16;    ///< connections to one device that are being made
  static constexpr std::size_t most_refusals = 100;  ///< remembered, of as many ids
  static constexpr base::Duration repeated = std::chrono::minutes(10);  ///< then a refusal is told of again

  struct News {
    enum class Kind { registered, lost, refused };
    Kind kind{};
    std::string device_id;
    std::string source;  ///< address, without port
    std::string reason;  ///< why it was lost or refused
  };
  struct Options {
    base::Duration patience = std::chrono::seconds(10);  ///< for the proof, real time
    std::function<bool(const boost::asio::ip::address& source)> admit;
    /// The password of the device with that id. Errors: not_found.
    std::function<base::Result<std::string>(const std::string& device_id)> password;
    /// On the desk's executor.
    std::function<void(const News& news)> tell;
  };
  struct Registered {
    std::string device_id;
    std::string source;
    base::UtcTime since;
    std::uint64_t connections = 0;  ///< made to it since
  };
  struct Refused {
    std::string device_id;
    std::string source;
    std::string reason;
    base::UtcTime time;
  };

  /// The clock outlives the executor's last handler. One thread runs the executor.
  RegistrationDesk(const base::Clock& clock, Options options, boost::asio::any_io_executor executor)
      : clock_(clock), options_(std::move(options)), executor_(std::move(executor)) {}

  /// Listens; not open yet. Port 0: any free one. `keep_alive`, 5 to 300: between the signs of life of a
  /// device. Errors: invalid (the address), conflict.
  base::Result<> open(const std::string& address, std::uint16_t port, std::chrono::seconds keep_alive);
  /// What open() would say if nothing were open here.
  base::Result<> try_open(const std::string& address, std::uint16_t port) const;
  /// Also ends what is registered.
  void close();
  /// 0 while it is closed.
  std::uint16_t port() const;

  std::vector<Registered> registered() const;
  /// The newest of each id, oldest first.
  std::vector<Refused> refused() const;

  boost::asio::awaitable<base::Result<Tcp::socket>> dial(std::string peer, std::string service,
                                                         base::Duration patience) override;

 private:
  using Self = std::shared_ptr<RegistrationDesk>;
  using Line = std::shared_ptr<RegistrationLine>;
  using Acceptor = std::shared_ptr<Tcp::acceptor>;
  struct Device {
    Line line;
    Registered shown;
    std::chrono::seconds keep_alive{};
    std::size_t opening = 0;
    bool replaced = false;  ///< by a newer connection of the same device
  };
  using DevicePtr = std::shared_ptr<Device>;
  /// A connection to a device that is being made.
  struct Tunnel {
    DevicePtr device;
    boost::asio::steady_timer arrival;
    std::shared_ptr<Tcp::socket> socket;
    std::string failure;
  };

  base::Result<Acceptor> listen(const std::string& address, std::uint16_t port) const;
  static boost::asio::awaitable<void> accept(Self self, Acceptor acceptor);
  static boost::asio::awaitable<void> serve(Self self, Tcp::socket socket);
  static boost::asio::awaitable<void> enrol(Self self, Line line, std::string device_id);
  static boost::asio::awaitable<void> keep(Self self, DevicePtr device, std::string password);
  static boost::asio::awaitable<base::Result<std::shared_ptr<Tcp::socket>>> make(Self self, std::string peer,
                                                                                 std::string service,
                                                                                 base::Duration patience);
  /// Whether whoever is at the line knows the password.
  static boost::asio::awaitable<bool> prove(Line line, std::string device_id, std::string password);
  void refuse(const Line& line, const std::string& device_id, const std::string& reason);
  void take_tunnel(const std::string& name, RegistrationLine& line);
  void fail_tunnel(const std::string& name, const DevicePtr& device, const std::string& reason);
  /// In place of an older one.
  DevicePtr enter(const Line& line, const std::string& device_id);
  void leave(const DevicePtr& device, const std::string& reason);
  void tell(News::Kind kind, const std::string& device_id, const RegistrationLine& line, std::string reason);

  const base::Clock& clock_;
  const Options options_;
  const boost::asio::any_io_executor executor_;
  // On the executor.
  std::size_t unproven_ = 0;
  std::map<std::string, std::shared_ptr<Tunnel>> tunnels_;  ///< by their names
  mutable std::mutex mutex_;
  // Under the mutex.
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::chrono::seconds keep_alive_{};
  std::map<std::string, DevicePtr> devices_;  ///< by their ids; changed on the executor
  std::deque<Refused> refused_;
};

}  // namespace watchrig::devices
