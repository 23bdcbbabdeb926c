#include "system/protocols/onvif/soap_service.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace watchrig::protocols {

namespace {

void answer_addressing(const SoapMessage& message, const SoapOperation& operation, SoapWriter& writer) {
  const auto id = text_at(message.header(), "MessageID");
  if (id.empty() || operation.port_type.empty()) return;
  add(writer.header(), "wsa5:Action", fmt::format("{}{}Response", operation.port_type, operation.name));
  add(writer.header(), "wsa5:RelatesTo", id);
}

}  // namespace

SoapFault refuse(std::vector<std::string> subcodes, std::string reason) {
  return {SoapFault::Blame::sender, std::move(subcodes), std::move(reason)};
}

SoapFault no_profile(std::string_view token) {
  return refuse({"ter:InvalidArgVal", "ter:NoProfile"}, fmt::format("there is no profile \"{}\"", token));
}

void throw_exception_from_error(const SoapFault& fault, const boost::source_location& where) {
  base::throw_exception_from_error({base::ErrorKind::invalid, to_string(fault)}, where);
}

boost::system::result<const SoapOperation*, SoapFault> find_operation(const SoapService& service,
                                                                      pugi::xml_node asked) {
  const auto found = std::ranges::find(service.operations, local_name(asked), &SoapOperation::name);
  const bool known =
      found != service.operations.end() && namespace_of(asked) == uri_of_prefix(service.prefix_of(*found));
  if (known) return &*found;
  return refuse({"ter:ActionNotSupported"}, fmt::format("{} has no operation \"{}\"", service.path,
                                                        one_line(std::string(local_name(asked)))));
}

boost::asio::awaitable<boost::system::result<std::string, SoapFault>> answer_to(
    const SoapMessage& message, const SoapService& service, const SoapOperation& operation, SoapCall& call) {
  SoapWriter writer;
  answer_addressing(message, operation, writer);
  call.answer =
      add(writer.body(), fmt::format("{}:{}Response", service.prefix_of(operation), operation.name));
  SoapOutcome outcome;
  if (operation.serve)
    outcome = co_await operation.serve(call);
  else
    outcome = operation.run(call);
  if (outcome) co_return *std::move(outcome);
  co_return writer.text();
}

bool is_authority(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '[' || c == ']';
  };
  return !text.empty() && text.size() < 256 && text.find(':') != std::string_view::npos &&
         std::ranges::all_of(text, allowed);
}

std::string address_of(const SoapCall& call, std::string_view path) {
  return fmt::format("{}://{}{}", call.scheme, call.authority, path);
}

void add_date_time(pugi::xml_node parent, const char* name, base::UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  auto node = add(parent, name);
  auto hours = add(node, "tt:Time");
  add(hours, "tt:Hour", std::to_string(clock.hours().count()));
  add(hours, "tt:Minute", std::to_string(clock.minutes().count()));
  add(hours, "tt:Second", std::to_string(clock.seconds().count()));
  auto days = add(node, "tt:Date");
  add(days, "tt:Year", std::to_string(int(date.year())));
  add(days, "tt:Month", std::to_string(unsigned(date.month())));
  add(days, "tt:Day", std::to_string(unsigned(date.day())));
}

void add_services(const std::vector<SoapService>& services, SoapCall& call) {
  for (const auto& service : services) {
    auto node = add(call.answer, "tds:Service");
    add(node, "tds:Namespace", uri_of_prefix(service.prefix));
    add(node, "tds:XAddr", address_of(call, service.path));
    if (text_at(call.request, "IncludeCapability") == "true") {
      SoapCall inner = call;
      inner.answer = add(node, "tds:Capabilities");
      const auto own = std::ranges::find(service.operations, "GetServiceCapabilities", &SoapOperation::name);
      if (own != service.operations.end()) own->run(inner);
    }
    auto version = add(node, "tds:Version");
    add(version, "tt:Major", std::to_string(service.major));
    add(version, "tt:Minor", fmt::format("{:02}", service.minor));
  }
}

}  // namespace watchrig::protocols
