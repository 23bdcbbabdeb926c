#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "system/base/clock.hpp"
#include "system/devices/onvif/onvif_client.hpp"
#include "system/http/http_server.hpp"
#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::devices::testing {

/// A device with answers of its own to each operation; what it does not know is a fault.
class FakeDevice {
 public:
  using Reply = std::function<http::Response(const http::Request&)>;

  FakeDevice() {
    router_.add_plain("POST", "/onvif/{service}", {}, "SOAP", [this](const http::Request& request) {
      const auto message = protocols::SoapMessage::parse(request.body);
      const std::string operation(message ? protocols::local_name(message->content()) : "");
      asked.push_back(request.param("service") + " " + operation);
      const auto reply = replies.find(asked.back());
      if (reply == replies.end()) return fault(400, "ter:ActionNotSupported");
      return reply->second(request);
    });
    server_ = *http::HttpServer::start({}, router_, [this] { return context_.get_executor(); });
    replies["device GetSystemDateAndTime"] = [this](const auto&) { return date_and_time(clock.now()); };
  }

  static http::Response soap(int status, const std::string& body) {
    return {status, "application/soap+xml", body, {}, {}};
  }
  static http::Response fault(int status, const std::string& code) {
    return soap(status, protocols::fault_text({protocols::SoapFault::Blame::sender, {code}, "no"}));
  }
  /// An answer whose content is the XML given.
  static Reply content(const std::string& xml) {
    return [xml](const http::Request&) {
      return soap(200, "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>" + xml +
                           "</s:Body></s:Envelope>");
    };
  }
  static http::Response date_and_time(base::UtcTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss hours(std::chrono::floor<std::chrono::seconds>(time - day));
    return content(
        fmt::format("<R><SystemDateAndTime><UTCDateTime><Time><Hour>{}</Hour><Minute>{}</Minute>"
                    "<Second>{}</Second></Time><Date><Year>{}</Year><Month>{}</Month><Day>{}</Day></Date>"
                    "</UTCDateTime></SystemDateAndTime></R>",
                    hours.hours().count(), hours.minutes().count(), hours.seconds().count(), int(date.year()),
                    unsigned(date.month()), unsigned(date.day())))({});
  }
  /// Services with these names and no others.
  void serve(bool version1, bool version2) {
    std::string services;
    const auto service = [&](const char* prefix, const char* path) {
      services += fmt::format(
          "<Service><Namespace>{}</Namespace><XAddr>http://10.0.0.1:8000/onvif/{}</XAddr></Service>",
          protocols::uri_of_prefix(prefix), path);
    };
    if (version1) service("trt", "media");
    if (version2) service("tr2", "media2");
    replies["device GetServices"] = content("<R>" + services + "</R>");
    replies["media GetProfiles"] =
        content("<R><Profiles token=\"one\"><VideoEncoderConfiguration/></Profiles></R>");
    replies["media GetStreamUri"] =
        content("<R><MediaUri><Uri>rtsp://10.0.0.1:554/one?a=b</Uri></MediaUri></R>");
    replies["media2 GetProfiles"] =
        content("<R><Profiles token=\"two\"><Configurations><VideoEncoder/></Configurations></Profiles></R>");
    replies["media2 GetStreamUri"] = content("<R><Uri>rtsp://root:pw@10.0.0.1/two</Uri></R>");
  }

  /// How to ask it.
  OnvifClient::Options contact(const std::string& password = "secret") const {
    OnvifClient::Options options;
    options.address = {"127.0.0.1", server_->port(), "/onvif/device", ""};
    options.credentials = {"admin", password};
    return options;
  }
  /// What a coroutine returns, which asks it.
  template <class Value>
  Value run(boost::asio::awaitable<Value> question, Value found) {
    boost::asio::co_spawn(context_, std::move(question), [&](std::exception_ptr, Value result) {
      found = std::move(result);
      context_.stop();
    });
    context_.run();
    context_.restart();
    return found;
  }

  base::ManualClock clock{base::parse_utc("2026-01-31T12:00:00Z").value()};
  std::map<std::string, Reply> replies;
  std::vector<std::string> asked;

 private:
  boost::asio::io_context context_{1};
  http::Router router_;
  std::unique_ptr<http::HttpServer> server_;
};

}  // namespace watchrig::devices::testing
