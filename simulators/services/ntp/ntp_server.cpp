#include "simulators/services/ntp/ntp_server.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/byte_order.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::services {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using kernel::Verb;

namespace {

constexpr Verb verbs[] = {Verb::stall, Verb::clock_jump, Verb::lie};
constexpr std::string_view lies[] = {"unsynchronised", "deny", "rate", "foreign", "distant"};
constexpr std::size_t header = 48;
constexpr std::int64_t to_1970 = 2'208'988'800;  // seconds from 1900

void put_time(std::uint8_t* at, base::UtcTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto fraction = static_cast<double>((time - seconds).count()) / 1e9;
  base::store_be32(at, static_cast<std::uint32_t>(seconds.time_since_epoch().count() + to_1970));
  base::store_be32(at + 4, static_cast<std::uint32_t>(fraction * 4294967296.0));
}

}  // namespace

Result<ServicePlan> plan_ntp_server(const kernel::XmlFile& file, pugi::xml_node element) {
  kernel::XmlAttributes attributes(file, element);
  auto plan = plan_service(attributes);
  if (!plan) return plan.error();
  NtpServer::Spec spec;
  spec.port = plan->port;
  if (attributes.has("time")) {
    const auto time = base::parse_utc(attributes.text("time"));
    if (!time) return attributes.error(time.error().message);
    spec.time = *time;
  }
  const auto stratum = attributes.integer("stratum", spec.stratum, 0, 16);
  if (!stratum) return stratum.error();
  spec.stratum = static_cast<std::uint8_t>(*stratum);
  if (auto finished = attributes.finish(); !finished) return finished.error();
  plan->make = [id = plan->id, spec](const base::Clock& clock, asio::any_io_executor executor) {
    return std::make_shared<NtpServer>(id, spec, clock, std::move(executor));
  };
  return plan;
}

NtpServer::NtpServer(std::string id, const Spec& spec, const base::Clock& clock,
                     asio::any_io_executor executor)
    : ServiceDevice(std::move(id), clock, {verbs, {}, lies}),
      spec_(spec),
      ahead_(spec.time ? *spec.time - clock.now() : base::Duration{}),
      executor_(std::move(executor)),
      socket_(executor_) {}

Result<void> NtpServer::start() {
  boost::system::error_code error;
  const Udp::endpoint endpoint(asio::ip::address_v4::loopback(), spec_.port);
  socket_.open(endpoint.protocol(), error);
  if (!error) socket_.bind(endpoint, error);
  if (error) {
    return Error{ErrorKind::unavailable,
                 fmt::format("NTP server \"{}\": port {}: {}", id_, spec_.port, error.message())};
  }
  port_ = socket_.local_endpoint().port();
  base::spawn(executor_, serve(shared_from_this()), "NTP server " + id_);
  return {};
}

void NtpServer::stop() {
  asio::post(executor_, [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->socket_.close(ignored);
  });
}

base::UtcTime NtpServer::time() const {
  const auto jump = in_force(Verb::clock_jump);
  return clock_.now() + ahead_ + (jump ? jump->by : base::Duration{});
}

std::vector<std::uint8_t> NtpServer::answer(const std::vector<std::uint8_t>& request) const {
  std::vector<std::uint8_t> bytes(header);
  const bool denies = in_force(Verb::lie, "deny").has_value();
  const bool slows = in_force(Verb::lie, "rate").has_value();
  const std::uint8_t leap = in_force(Verb::lie, "unsynchronised") ? 3 : 0;
  bytes[0] = static_cast<std::uint8_t>(leap << 6U | (request[0] & 0x38U) | 4U);
  bytes[1] = denies || slows ? 0 : spec_.stratum;
  bytes[2] = request[2];
  bytes[3] = 0xec;  // a microsecond
  if (in_force(Verb::lie, "distant")) base::store_be32(bytes.data() + 8, 20U << 16U);
  constexpr std::string_view codes[] = {"DENY", "RATE", "RIG "};
  std::ranges::copy(codes[denies ? 0 : slows ? 1 : 2], bytes.begin() + 12);
  put_time(bytes.data() + 16, time() - std::chrono::seconds(10));
  std::copy_n(request.begin() + 40, 8, bytes.begin() + 24);
  if (in_force(Verb::lie, "foreign")) bytes[31] ^= 1U;
  put_time(bytes.data() + 32, time());
  put_time(bytes.data() + 40, time());
  return bytes;
}

asio::awaitable<void> NtpServer::serve(std::shared_ptr<NtpServer> self) {
  boost::system::error_code error;
  while (self->socket_.is_open()) {
    std::vector<std::uint8_t> request(512);
    Udp::endpoint from;
    const std::size_t size = co_await self->socket_.async_receive_from(
        asio::buffer(request), from, asio::redirect_error(asio::use_awaitable, error));
    if (error || size < header) continue;
    ++self->requests_;
    if (self->in_force(Verb::stall)) continue;
    const auto bytes = self->answer(request);
    co_await self->socket_.async_send_to(asio::buffer(bytes), from,
                                         asio::redirect_error(asio::use_awaitable, error));
    ++self->answers_;
  }
}

json::object NtpServer::description() const {
  return {{"id", id_}, {"kind", kind()}, {"virtual", true}, {"host", "127.0.0.1"}, {"port", port_}};
}

json::object NtpServer::status() const {
  return {{"id", id_}, {"kind", kind()}, {"time", base::format_utc(time())}};
}

Result<std::string> NtpServer::ledger(const Query& query) const {
  if (!query.empty()) return Error{ErrorKind::invalid, "the ledger of an NTP server takes no parameters"};
  return json::serialize(json::object{{"requests", requests_.load()}, {"answers", answers_.load()}});
}

}  // namespace watchrig::services
