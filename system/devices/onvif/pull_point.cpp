#include "system/devices/onvif/pull_point.hpp"

#include <sstream>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using protocols::add;
using protocols::node_at;
using protocols::text_at;

namespace {

/// Of reference parameters; more than a device needs to know its own subscription again.
constexpr std::size_t most_parameters = 4096;
constexpr std::string_view pull_type = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/",
                           manager_type = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/";

/// Whether another form of the same request could be taken.
bool is_refusal(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::unsupported ||
         error.kind == ErrorKind::invalid;
}

std::string content_of(pugi::xml_node node) {
  std::ostringstream text;
  for (const auto& one : node.children()) one.print(text, "", pugi::format_raw);
  return text.str().size() <= most_parameters ? text.str() : std::string();
}

}  // namespace

std::string PullPoint::device_time(base::Duration from_now) const {
  return base::format_utc(clock_.now() + client_.clock_offset() + from_now, 0);
}

/// Both times are the device's, so that its clock and its zone do not matter.
void PullPoint::take_times(pugi::xml_node answer) {
  const auto current = protocols::parse_xml_time(text_at(answer, "CurrentTime"));
  const auto end = protocols::parse_xml_time(text_at(answer, "TerminationTime"));
  auto left = current && end ? *end - *current : life;
  if (left <= base::Duration::zero() || left > std::chrono::hours(24)) {
    quirk_("wrong-termination-time",
           fmt::format("it says that a subscription ends {} from now", base::format_duration(left)));
    left = life;
  }
  ends_ = clock_.now() + left;
}

asio::awaitable<base::Result<>> PullPoint::create(std::string event_path) {
  const std::string wished[] = {protocols::xml_duration(life), device_time(life), {}};
  Answer answer = Error{};
  for (const auto& end : wished) {
    OnvifClient::Fill fill = [end](pugi::xml_node node) {
      if (!end.empty()) add(node, "tev:InitialTerminationTime", end);
    };
    auto told = co_await client_.ask(event_path, "tev:CreatePullPointSubscription", std::move(fill));
    answer = std::move(told);
    if (answer || !is_refusal(answer.error())) break;
  }
  if (!answer) co_return answer.error();
  const auto reference = node_at(answer->content(), "SubscriptionReference");
  address_ = text_at(reference, "Address");
  parameters_ = content_of(node_at(reference, "ReferenceParameters"));
  const auto url = boost::urls::parse_uri(address_);
  path_ = url && !url->encoded_target().empty() ? std::string(url->encoded_target()) : event_path;
  if (url && client_.by_address() && url->host_address() != client_.address().host) {
    quirk_("wrong-subscription-address",
           fmt::format("it says that its subscription is at {}; it is asked at {} all the same",
                       url->host_address(), client_.address().host));
  }
  created_ = clock_.now();
  take_times(answer->content());
  co_return base::Result<>();
}

asio::awaitable<PullPoint::Answer> PullPoint::ask(std::string operation, std::string action,
                                                  OnvifClient::Fill fill) {
  OnvifClient::Fill header = [to = address_, parameters = parameters_, action](pugi::xml_node node) {
    add(node, "wsa5:Action", action);
    add(node, "wsa5:To", to);
    if (!parameters.empty()) node.append_buffer(parameters.data(), parameters.size());
  };
  auto answer = co_await client_.ask(path_, std::move(operation), std::move(fill), std::move(header));
  co_return answer;
}

asio::awaitable<base::Result<NoticeList>> PullPoint::pull() {
  OnvifClient::Fill fill = [limit = messages_](pugi::xml_node node) {
    add(node, "tev:Timeout", protocols::xml_duration(patience));
    add(node, "tev:MessageLimit", std::to_string(limit));
  };
  std::string action = fmt::format("{}PullMessagesRequest", pull_type);
  const auto answer = co_await ask("tev:PullMessages", std::move(action), std::move(fill));
  if (!answer && answer.error().kind == ErrorKind::full)
    quirk_(huge_messages, "its messages are taken one by one: " + answer.error().message);
  if (!answer) co_return answer.error();
  // A pull may let it last longer, but not all devices say so.
  if (const auto before = ends_; protocols::child(answer->content(), "TerminationTime")) {
    take_times(answer->content());
    ends_ = std::max(ends_, before);
  }
  co_return read_notices(answer->content(), 10 * most_messages);
}

asio::awaitable<base::Result<>> PullPoint::renew() {
  if (clock_.now() < ends_ - life / 2) co_return base::Result<>();
  const std::string action = fmt::format("{}RenewRequest", manager_type);
  for (const bool relative : {true, false}) {
    if (relative && !relative_) continue;
    const std::string end = relative ? protocols::xml_duration(life) : device_time(life);
    OnvifClient::Fill fill = [end](pugi::xml_node node) { add(node, "wsnt:TerminationTime", end); };
    const auto answer = co_await ask("wsnt:Renew", action, std::move(fill));
    if (answer) {
      take_times(answer->content());
      if (!relative && relative_) {
        quirk_("relative-renew-refused", "it renews subscriptions by a time only, not by a duration");
        relative_ = false;
      }
      co_return base::Result<>();
    }
    if (!is_refusal(answer.error())) co_return answer.error();
    if (!relative) {
      quirk_("renew-refused",
             "it renews no subscription, which is made anew each time: " + answer.error().message);
      co_return Error{ErrorKind::conflict, answer.error().message};
    }
  }
  co_return base::Result<>();
}

asio::awaitable<void> PullPoint::end() {
  if (path_.empty()) co_return;
  std::string action = fmt::format("{}UnsubscribeRequest", manager_type);
  const auto answer = co_await ask("wsnt:Unsubscribe", std::move(action), {});
  path_.clear();
}

}  // namespace watchrig::devices
