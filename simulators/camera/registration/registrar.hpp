#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

namespace watchrig::camera {

/// With whom a camera behind address translation registers, and as whom.
struct RegistrarPlan {
  boost::asio::ip::address own;  ///< the camera's, from which it connects
  boost::asio::ip::tcp::endpoint server;
  std::string device_id;
  std::string password;
  /// Where the camera's own service ("http", "rtsp") is; nothing when it has none.
  std::function<std::optional<boost::asio::ip::tcp::endpoint>(std::string_view service)> service;
};

/// Keeps a camera registered (REGISTRATION_PROTOCOL.md of the server) and leads the connections that are
/// asked for to its own services. One that is refused or lost tries again after 2 s. Any thread.
class Registrar : public std::enable_shared_from_this<Registrar> {
 public:
  Registrar(RegistrarPlan plan, boost::asio::any_io_executor executor)
      : plan_(std::move(plan)), executor_(std::move(executor)), timer_(executor_), alive_(executor_) {}

  void start();
  /// Ends everything.
  void stop();
  /// The network is away: what was connected is cut off.
  void set_cut(bool cut);

  /// {"state":"connecting|registered|refused","server","device_id","reason","tunnels"}.
  boost::json::object status() const;

 private:
  using Tcp = boost::asio::ip::tcp;
  using Self = std::shared_ptr<Registrar>;
  using Socket = std::shared_ptr<Tcp::socket>;

  static boost::asio::awaitable<void> run(Self self);
  static boost::asio::awaitable<void> session(Self self, Socket socket);
  static boost::asio::awaitable<void> stay_alive(Self self, Socket socket, std::chrono::seconds pause);
  static boost::asio::awaitable<void> lead(Self self, std::string tunnel, std::string service);
  static boost::asio::awaitable<void> pump(Socket from, Socket to);
  static boost::asio::awaitable<bool> say(Socket socket, boost::json::object message);
  /// From the camera's address to there; null when that fails.
  static boost::asio::awaitable<Socket> connect(Self self, Tcp::endpoint to);
  void close_all();
  void show(std::string state, std::string reason = {});

  const RegistrarPlan plan_;
  const boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer alive_;
  std::vector<std::weak_ptr<Tcp::socket>> sockets_;
  bool stopped_ = false;
  bool cut_ = false;
  mutable std::mutex mutex_;
  std::string state_ = "connecting";
  std::string reason_;
  std::uint64_t tunnels_ = 0;
};

}  // namespace watchrig::camera
