#include "system/api/talk_socket.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/session_watch.hpp"
#include "system/api/talk_format.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;

namespace {

/// Of a client that says nothing, real time: nobody else can talk meanwhile.
constexpr auto longest_silence = std::chrono::seconds(10);
/// For a client to close by itself, once it was told that the talk has ended.
constexpr auto goodbye_time = std::chrono::seconds(2);

std::int64_t milliseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::string refused_text(const Error& error, const std::string& field) {
  json::object told{{"state", "refused"},
                    {"reason", error.kind == ErrorKind::conflict ? "busy" : to_string(error.kind)},
                    {"message", error.message}};
  if (!field.empty()) told["field"] = field;
  return json::serialize(told);
}

/// One client. Kept alive by its coroutines.
class Speaker : public std::enable_shared_from_this<Speaker> {
 public:
  Speaker(ServerParts& parts, http::Request request, http::WebSocket socket)
      : parts_(parts), request_(std::move(request)), socket_(std::move(socket)) {}

  asio::awaitable<void> run(std::shared_ptr<TalkDesk> desk) {
    const auto self = shared_from_this();
    watch_session(parts_, request_, socket_, central::Authority::outputs);
    const auto hello = co_await receive();
    if (!hello || over_) co_return;
    const auto format = talk_format_from(*hello);
    if (!format) {
      const auto text = refused_text(format.error().error, format.error().field);
      co_await send(text);
      co_return;
    }
    auto wish = wish_for(*format);
    auto begun = co_await ChannelTalk::begin(parts_, std::move(desk), request_, std::move(wish));
    if (!begun) {
      tell_refusal(begun.error());
      const auto text = refused_text(talk_refusal(begun.error()), {});
      co_await send(text);
      co_return;
    }
    talk_ = *std::move(begun);
    const auto talking = state_text("talking");
    co_await send(talking);
    const auto reason = co_await say_all(*format);
    co_await talk_->end(reason);
    const auto ended = ended_text(reason);
    if (!over_) co_await send(ended);
  }

 private:
  /// As it is told of requests.
  void tell_refusal(const Error& error) {
    central::Event event;
    event.type = "operation.refused";
    event.channel = request_.param("channel");
    event.message = fmt::format("a talk by \"{}\" was refused: {}", request_.account, error.message);
    event.data["channel"] = event.channel;
    event.result = to_string(error.kind);
    tell(parts_, request_, std::move(event));
  }

  ChannelTalk::Wish wish_for(const TalkFormat& format) {
    ChannelTalk::Wish wish;
    wish.coding = format.law.value_or(media::Codec::pcmu);
    wish.goes_on = [socket = socket_] { return socket.is_open(); };
    wish.stopped = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->give_up("stopped");
    };
    return wish;
  }

  /// Until there is nothing more to say. Why.
  asio::awaitable<std::string> say_all(TalkFormat format) {
    auto told = std::chrono::seconds(1);
    for (;;) {
      if (!talk_->stopped_by().empty()) co_return "stopped";
      const auto message = co_await receive();
      if (over_) co_return why_;
      if (!message) co_return "closed";
      if (message->empty()) co_return "done";
      if (message->size() % format.sample_bytes() != 0) co_return "a message ends within a sample";
      auto speech = spoken(format, *message, talk_->coding());
      const auto said = co_await talk_->say(std::move(speech));
      if (!said && !talk_->stopped_by().empty()) co_return "stopped";
      if (!said) co_return said.error().kind == ErrorKind::cancelled ? "closed" : said.error().message;
      if (talk_->said() < told) continue;
      while (told <= talk_->said()) told += std::chrono::seconds(1);
      const auto text = state_text("talking");
      co_await send(text);
    }
  }

  /// Nothing: the client has gone, or was told that it is over.
  asio::awaitable<std::optional<std::string>> receive() {
    receiving_ = true;
    auto message = co_await receive_in_time();
    receiving_ = false;
    co_return message;
  }

  asio::awaitable<std::optional<std::string>> receive_in_time() {
    const base::Watchdog silence(socket_.executor(), longest_silence, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->give_up("silence");
    });
    auto message = co_await socket_.receive();
    while (message && over_) message = co_await socket_.receive();
    co_return message;
  }

  /// Where the client is being waited for, it is told, and waited for no longer. Otherwise what it says is
  /// broken off.
  void give_up(const std::string& why) {
    if (over_ || !receiving_) return;
    over_ = true;
    why_ = why;
    base::spawn(socket_.executor(), say_goodbye(shared_from_this()), "end of a talk");
  }

  static asio::awaitable<void> say_goodbye(std::shared_ptr<Speaker> self) {
    const auto text = self->ended_text(self->why_);
    co_await self->send(text);
    asio::steady_timer timer(self->socket_.executor(), goodbye_time);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    self->socket_.close();
  }

  asio::awaitable<void> send(const std::string& text) {
    const bool sent = co_await socket_.send_text(text);
    (void)sent;  // who has gone is noticed when nothing more comes
  }

  json::object state(std::string_view name) const {
    json::object told{{"state", name}};
    if (!talk_) return told;
    told["said_ms"] = milliseconds(talk_->said());
    told["device_encoding"] = talk_->coding() == media::Codec::pcma ? "pcma" : "pcmu";
    return told;
  }
  std::string state_text(std::string_view name) const { return json::serialize(state(name)); }
  std::string ended_text(const std::string& reason) const {
    auto told = state("ended");
    told["reason"] = reason;
    if (talk_ && !talk_->stopped_by().empty()) told["stopped_by"] = talk_->stopped_by();
    return json::serialize(told);
  }

  ServerParts& parts_;
  const http::Request request_;
  http::WebSocket socket_;
  ChannelTalk::Ptr talk_;  ///< once the device listens
  bool receiving_ = false;
  bool over_ = false;  ///< the client was told so, or is being told
  std::string why_;
};

}  // namespace

Error talk_refusal(Error error) {
  return error.kind == ErrorKind::conflict ? error : device_failure(std::move(error));
}

asio::awaitable<void> talk_by_socket(ServerParts& parts, std::shared_ptr<TalkDesk> desk,
                                     http::Request request, http::WebSocket socket) {
  const auto speaker = std::make_shared<Speaker>(parts, std::move(request), std::move(socket));
  co_await speaker->run(std::move(desk));
}

}  // namespace watchrig::api
