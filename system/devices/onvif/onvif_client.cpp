#include "system/devices/onvif/onvif_client.hpp"

#include <random>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/http/http_fetch.hpp"
#include "system/protocols/onvif/ws_security.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;

namespace {

base::Bytes random_nonce() {
  std::random_device random;
  base::Bytes nonce(16);
  for (auto& byte : nonce) byte = static_cast<std::uint8_t>(random());
  return nonce;
}

std::optional<base::UtcTime> read_utc(pugi::xml_node node) {
  const auto number = [&](const char* path) {
    return base::parse_number<int>(protocols::text_at(node, path)).value_or(-1);
  };
  const std::chrono::year_month_day date{std::chrono::year(number("Date/Year")),
                                         std::chrono::month(static_cast<unsigned>(number("Date/Month"))),
                                         std::chrono::day(static_cast<unsigned>(number("Date/Day")))};
  const int hour = number("Time/Hour"), minute = number("Time/Minute"), second = number("Time/Second");
  // A device that was never set tells 1970; what is far from any device's life is no time.
  const bool plausible = date.ok() && date.year() >= std::chrono::year(1970) &&
                         date.year() < std::chrono::year(2200) && hour >= 0 && hour <= 23 && minute >= 0 &&
                         minute <= 59 && second >= 0 && second <= 60;
  if (!plausible) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

/// tt:DateTime, which the schema has with the time first.
void write_utc(pugi::xml_node node, std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss hours(time - day);
  auto clock = protocols::add(node, "tt:Time");
  protocols::add(clock, "tt:Hour", std::to_string(hours.hours().count()));
  protocols::add(clock, "tt:Minute", std::to_string(hours.minutes().count()));
  protocols::add(clock, "tt:Second", std::to_string(hours.seconds().count()));
  auto calendar = protocols::add(node, "tt:Date");
  protocols::add(calendar, "tt:Year", std::to_string(int(date.year())));
  protocols::add(calendar, "tt:Month", std::to_string(unsigned(date.month())));
  protocols::add(calendar, "tt:Day", std::to_string(unsigned(date.day())));
}

ErrorKind kind_of(const protocols::SoapFault& fault) {
  for (const auto& code : fault.subcodes) {
    if (code == "ter:NotAuthorized" || code == "ter:FailedAuthentication") return ErrorKind::denied;
    if (code.starts_with("ter:ActionNotSupported") || code == "ter:OptionalActionNotImplemented") {
      return ErrorKind::unsupported;
    }
    if (code == "ter:ResourceUnknownFault" || code == "ter:NoToken") return ErrorKind::not_found;
    if (code == "ter:TooManyPresets" || code == "ter:TooManyPresetTours") return ErrorKind::full;
  }
  return ErrorKind::unavailable;
}

/// What an HTTP answer says, with the operation it was for.
OnvifClient::Answer read_answer(const http::Response& response, const std::string& object) {
  if (response.status >= 300 && response.status < 400) {
    return Error{ErrorKind::unavailable,
                 object + ": the device leads elsewhere; enter the address of its own"};
  }
  auto message = protocols::SoapMessage::parse(response.body);
  if (!message && response.status == 401) {
    return Error{ErrorKind::denied,
                 object + ": user name or password is refused; check the device's account"};
  }
  if (!message) {
    return Error{message.error().kind,
                 fmt::format("{}: HTTP status {}, and {}; is there an ONVIF service at this port?", object,
                             response.status, message.error().message)};
  }
  if (!message->is_fault()) return message;
  const auto fault = protocols::read_fault(message->content());
  const auto kind = response.status == 401 ? ErrorKind::denied : kind_of(fault);
  if (kind == ErrorKind::denied) {
    return Error{kind, fmt::format("{}: user name or password is refused ({}); check the device's account",
                                   object, protocols::to_string(fault))};
  }
  return Error{kind, fmt::format("{}: {}", object, protocols::to_string(fault))};
}

}  // namespace

std::string to_string(const OnvifAddress& address) {
  const bool bare_v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}{}", address.tls ? "https" : "http",
                     bare_v6 ? "[" + address.host + "]" : address.host, address.port, address.path);
}

base::Result<OnvifAddress> parse_onvif_address(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty()) {
    return Error{ErrorKind::invalid,
                 fmt::format("\"{}\" is not of the form http[s]://host[:port]/onvif/device_service", text)};
  }
  OnvifAddress address;
  address.tls = url->scheme() == "https";
  if (address.tls) address.port = 443;
  address.host = url->host_address();
  if (url->has_port() && url->port_number() != 0) address.port = url->port_number();
  if (const auto path = url->encoded_target(); path.size() > 1) address.path = path;
  address.profile = url->fragment();
  return address;
}

OnvifClient::OnvifClient(const base::Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)) {}

std::string OnvifClient::message(const std::string& operation, const Fill& fill, const Fill& header,
                                 bool with_token) const {
  protocols::SoapWriter writer;
  if (header) header(writer.header());
  if (with_token) {
    protocols::add_username_token(writer.header(), options_.credentials.username,
                                  options_.credentials.password, random_nonce(),
                                  clock_.now() + clock_offset_);
  }
  const auto node = protocols::add(writer.body(), operation);
  if (fill) fill(node);
  return writer.text();
}

asio::awaitable<OnvifClient::Answer> OnvifClient::ask(std::string path, std::string operation, Fill fill,
                                                      Fill header) {
  std::function<void(const base::Result<>&)> answered;
  if (options_.watch) answered = options_.watch(operation);
  auto answer = co_await ask_now(std::move(path), std::move(operation), std::move(fill), std::move(header));
  if (answered) answered(answer ? base::Result<>() : base::Result<>(answer.error()));
  co_return answer;
}

asio::awaitable<OnvifClient::Answer> OnvifClient::ask_now(std::string path, std::string operation, Fill fill,
                                                          Fill header) {
  const auto& where = options_.address;
  const std::string object = fmt::format("{}:{} {}", where.host, where.port, operation);
  if (where.tls && !options_.trust) {
    co_return Error{ErrorKind::unsupported,
                    object +
                        ": it is reached by HTTPS, and nobody knows whom to believe there; search for it "
                        "again, or add it"};
  }
  const bool has_account = !options_.credentials.username.empty();
  for (int attempt = 0;; ++attempt) {
    http::FetchRequest request;
    request.method = "POST";
    request.host = where.host;
    request.port = where.port;
    request.target = path;
    request.deadline = options_.deadline;
    request.dialer = options_.dialer;
    if (where.tls) request.tls = options_.trust();
    request.headers.emplace_back("Content-Type", "application/soap+xml; charset=utf-8");
    const auto authorization = challenged_ ? challenged_->authorization("POST", path) : std::nullopt;
    if (authorization) request.headers.emplace_back("Authorization", *authorization);
    request.body = message(operation, fill, header, has_account && !authorization);
    const auto answer = co_await http::fetch(std::move(request));
    if (!answer && answer.error().kind == ErrorKind::io) {
      co_return Error{ErrorKind::io, answer.error().message + "; is there an ONVIF service at this port?"};
    }
    if (!answer) co_return answer.error();
    // Twice: a nonce of before may have run out.
    const auto offered = http::header_values(*answer, "WWW-Authenticate");
    if (answer->status != 401 || !has_account || offered.empty() || attempt == 2) {
      if (answer->status == 200 && challenged_) challenged_->accepted();
      co_return read_answer(*answer, object);
    }
    if (!challenged_) challenged_.emplace(options_.credentials, false);
    if (const auto taken = challenged_->challenged(offered); !taken) {
      challenged_.reset();
      co_return read_answer(*answer, object);
    }
  }
}

asio::awaitable<base::Result<base::Duration>> OnvifClient::read_clock() {
  const auto answer = co_await ask(options_.address.path, "tds:GetSystemDateAndTime", {});
  if (!answer) co_return answer.error();
  const auto told = protocols::child(answer->content(), "SystemDateAndTime");
  by_ntp_ = protocols::text_at(told, "DateTimeType") == "NTP";
  daylight_saving_ = protocols::text_at(told, "DaylightSavings") == "true";
  const auto time = read_utc(protocols::child(told, "UTCDateTime"));
  if (!time) {
    co_return Error{ErrorKind::unsupported,
                    fmt::format("{}:{} tells no time in UTC", options_.address.host, options_.address.port)};
  }
  clock_offset_ = *time - clock_.now();
  co_return clock_offset_;
}

asio::awaitable<base::Result<>> OnvifClient::take_clock() {
  const auto offset = co_await read_clock();
  // Some devices want an account even for this, or tell the local time only; then ours has to do.
  const bool readable =
      offset || (offset.error().kind != ErrorKind::denied && offset.error().kind != ErrorKind::unsupported);
  if (!offset && readable) co_return offset.error();
  co_return base::Result<>();
}

asio::awaitable<base::Result<>> OnvifClient::set_clock() {
  if (by_ntp_) {
    co_return Error{ErrorKind::conflict,
                    fmt::format("{}:{} follows an NTP server; see to that server, or take the device off it",
                                options_.address.host, options_.address.port)};
  }
  const auto now = std::chrono::round<std::chrono::seconds>(clock_.now());
  const auto fill = [now, daylight = daylight_saving_](pugi::xml_node node) {
    protocols::add(node, "tds:DateTimeType", "Manual");
    protocols::add(node, "tds:DaylightSavings", daylight ? "true" : "false");
    write_utc(protocols::add(node, "tds:UTCDateTime"), now);
  };
  const auto answer = co_await ask(options_.address.path, "tds:SetSystemDateAndTime", fill);
  if (!answer) co_return answer.error();
  co_return base::Result<>();
}

}  // namespace watchrig::devices
