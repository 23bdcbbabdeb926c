#include "system/api/channel_talk.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/request_trace.hpp"
#include "system/central/certificates/device_trust.hpp"
#include "system/central/devices/device_registration.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using media::RtspTalk;

namespace {

/// Between two looks whether it goes on.
constexpr std::size_t piece_samples = 5 * RtspTalk::packet_samples;

}  // namespace

asio::awaitable<Result<RtspTalk::Options>> talk_contact(ServerParts& parts, std::string channel,
                                                        std::string request) {
  const auto found = parts.central.registry().find_channel(channel);
  if (!found) co_return found.error();
  const auto& device = *found->device;
  RtspTalk::Options options;
  options.url = streams_of(device, *found->channel).at("main");
  options.credentials = {device.username, device.password};
  options.dialer = parts.central.device_registration().dialer(device);
  options.http = device.transport == central::Transport::http;
  options.trust = parts.central.device_trust().of(device);
  if (!speaks_onvif(device)) co_return options;
  auto contact = stream_contact(parts.central, device, *found->channel, "main", request);
  if (!contact) co_return contact.error();
  using Transport = media::RtspClient::Transport;
  contact->choice.transport = options.http ? Transport::http : Transport::tcp;
  const auto locator =
      devices::make_onvif_locator(parts.clock, std::move(contact->device), std::move(contact->choice));
  auto located = co_await locator->locate();
  if (!located) co_return located.error();
  options.url = *std::move(located);
  co_return options;
}

asio::awaitable<Result<ChannelTalk::Ptr>> ChannelTalk::begin(ServerParts& parts,
                                                             std::shared_ptr<TalkDesk> desk,
                                                             http::Request request, Wish wish) {
  const auto executor = co_await asio::this_coro::executor;
  const auto channel = request.param("channel");
  const TalkDesk::Talker talker{request.account, parts.clock.now()};
  const Ptr talk(new ChannelTalk(parts, std::move(request), std::move(wish)));
  const std::weak_ptr<ChannelTalk> weak = talk;
  auto seat = desk->take(channel, talker, [weak, executor](const std::string& account) {
    asio::post(executor, [weak, account] {
      if (const auto self = weak.lock()) self->stop(account);
    });
  });
  if (!seat) co_return seat.error();
  talk->seat_ = *std::move(seat);
  const auto begun = co_await talk->start();
  if (!begun) co_return begun.error();
  co_return talk;
}

asio::awaitable<Result<>> ChannelTalk::start() {
  const auto executor = co_await asio::this_coro::executor;
  const auto channel = request_.param("channel"), name = trace_name(request_);
  auto options = co_await talk_contact(parts_, channel, name);
  if (!options) co_return options.error();
  if (!stopped_by_.empty()) co_return Error{ErrorKind::cancelled, "somebody has stopped it"};
  options->coding = wish_.coding;
  talk_ = std::make_unique<RtspTalk>(executor, parts_.clock, *std::move(options));
  const auto begun = co_await talk_->start();
  if (!begun) co_return begun.error();
  coding_ = *begun;
  tell_channel(parts_, request_, "talk.started", fmt::format("is talked to by \"{}\"", request_.account),
               wish_.about);
  co_return Result<>{};
}

base::Duration ChannelTalk::said() const {
  return std::chrono::milliseconds(samples_ * 1000 / RtspTalk::sample_rate);
}

asio::awaitable<Result<>> ChannelTalk::say(base::Bytes g711) {
  const auto self = shared_from_this();
  for (std::size_t at = 0; at < g711.size(); at += piece_samples) {
    if (!stopped_by_.empty()) co_return Error{ErrorKind::cancelled, "somebody has stopped it"};
    if (!wish_.goes_on()) co_return Error{ErrorKind::cancelled, "nobody goes on talking"};
    const auto size = std::min(piece_samples, g711.size() - at);
    const auto begin = g711.begin() + static_cast<std::ptrdiff_t>(at);
    base::Bytes piece(begin, begin + static_cast<std::ptrdiff_t>(size));
    const auto said = co_await talk_->say(std::move(piece));
    if (!said) co_return said.error();
    samples_ += size;
  }
  co_return Result<>{};
}

asio::awaitable<void> ChannelTalk::end(std::string reason) {
  const auto self = shared_from_this();
  co_await talk_->stop();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(said()).count();
  auto data = wish_.about;
  data["said_ms"] = milliseconds;
  data["reason"] = reason;
  if (!stopped_by_.empty()) data["stopped_by"] = stopped_by_;
  tell_channel(parts_, request_, "talk.ended",
               fmt::format("was talked to by \"{}\" for {:.1f} s; {}", request_.account,
                           static_cast<double>(milliseconds) / 1000, reason),
               std::move(data));
  seat_.reset();
}

void ChannelTalk::stop(const std::string& account) {
  stopped_by_ = account;
  if (talk_) talk_->cancel();
  if (wish_.stopped) wish_.stopped();
}

}  // namespace watchrig::api
