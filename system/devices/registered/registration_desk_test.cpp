#include "system/devices/registered/registration_desk.hpp"

#include <condition_variable>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include "system/devices/testing/line_peer.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ::testing::HasSubstr;
using testing::LinePeer;
using News = RegistrationDesk::News;
using Kind = News::Kind;

/// The devices are the test itself, by blocking sockets.
class RegistrationDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RegistrationDesk::Options options;
    options.patience = 300ms;
    options.admit = [this](const boost::asio::ip::address&) { return admits.load(); };
    options.password = [this](const std::string& id) -> base::Result<std::string> {
      const std::lock_guard lock(mutex);
      if (id != "gate-1") return base::Error{base::ErrorKind::not_found, "unknown device id"};
      return password;
    };
    options.tell = [this](const News& one) {
      const std::lock_guard lock(mutex);
      news.push_back(one);
      changed.notify_all();
    };
    desk = std::make_shared<RegistrationDesk>(clock, std::move(options), io.get_executor());
    thread = std::thread([this] { io.run(); });
    listen(RegistrationDesk::Place{"127.0.0.1", 0, 5s});
  }
  void TearDown() override {
    io.stop();
    thread.join();
  }

  void listen(std::optional<RegistrationDesk::Place> place) {
    desk->listen_at(std::move(place));
    boost::asio::post(io, boost::asio::use_future([] {})).get();
  }
  LinePeer connect() {
    tcp::socket socket(own);
    socket.connect({boost::asio::ip::address_v4::loopback(), desk->port()});
    return LinePeer(std::move(socket));
  }
  /// One that has answered the challenge with that password.
  LinePeer enrol(const std::string& id, const std::string& with) {
    auto line = connect();
    line.say(R"({"type":"register","version":1,"device_id":")" + id + R"("})");
    const auto asked = protocols::RegistrationMessage::parse(line.read());
    if (asked && asked->kind == protocols::RegistrationMessage::Kind::challenge) {
      const auto digest = protocols::registration_proof(with, id, asked->nonce);
      line.say(R"({"type":"proof","digest":")" + digest + R"("})");
    }
    return line;
  }
  LinePeer registered() {
    auto line = enrol("gate-1", "secret");
    EXPECT_EQ(line.read(), R"({"type":"registered","keep_alive":5})");
    return line;
  }
  /// The count-th of that kind.
  News await(Kind kind, std::ptrdiff_t count = 1) {
    std::unique_lock lock(mutex);
    const auto is = [kind](const News& one) { return one.kind == kind; };
    EXPECT_TRUE(changed.wait_for(lock, 20s, [&] { return std::ranges::count_if(news, is) >= count; }));
    return news.empty() ? News{} : *std::find_if(news.rbegin(), news.rend(), is);
  }
  using Dialled = std::future<base::Result<std::shared_ptr<tcp::socket>>>;
  static boost::asio::awaitable<base::Result<std::shared_ptr<tcp::socket>>> dial_one(
      std::shared_ptr<base::Dialer> dialer) {
    auto made = co_await dialer->dial("rtsp", 500ms);
    if (!made) co_return made.error();
    co_return std::make_shared<tcp::socket>(std::move(*made));
  }
  Dialled dial(const std::string& peer) {
    return boost::asio::co_spawn(io, dial_one(desk->dialer(peer)), boost::asio::use_future);
  }
  static std::string name_in(const std::string& line) {
    const auto message = protocols::RegistrationMessage::parse(line);
    return message ? message->tunnel : std::string();
  }

  boost::asio::io_context own, io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{io.get_executor()};
  base::ManualClock clock{base::UtcTime(1h)};
  std::shared_ptr<RegistrationDesk> desk;
  std::atomic<bool> admits = true;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable changed;
  std::string password = "secret";  ///< under mutex, as what follows
  std::vector<News> news;
};

TEST_F(RegistrationDeskTest, WhoKnowsThePasswordIsRegistered) {
  auto line = registered();
  EXPECT_EQ(await(Kind::registered).device_id, "gate-1");
  const auto shown = desk->registered();
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].source, "127.0.0.1");
  line.say(R"({"type":"alive"})");
  EXPECT_EQ(line.read(), R"({"type":"alive"})");
  line.socket.close();
  EXPECT_THAT(await(Kind::lost).reason, HasSubstr("closed"));
  EXPECT_TRUE(desk->registered().empty());
}

TEST_F(RegistrationDeskTest, OthersAreRefusedWithTheReason) {
  EXPECT_EQ(enrol("gate-2", "secret").read(), "");
  EXPECT_EQ(await(Kind::refused).reason, "unknown device id");
  EXPECT_EQ(enrol("gate-1", "other").read(), R"({"type":"refused","reason":"wrong password"})");
  EXPECT_EQ(await(Kind::refused, 2).reason, "wrong password");
  EXPECT_EQ(desk->refused().size(), 2U);
  // Told of once, until something else happens.
  enrol("gate-1", "other").read();
  registered();
  await(Kind::registered);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(std::ranges::count(news, Kind::refused, &News::kind), 2);
  EXPECT_EQ(desk->refused().size(), 1U);
}

TEST_F(RegistrationDeskTest, AProofHoldsForItsChallengeOnly) {
  auto line = connect();
  line.say(R"({"type":"register","version":1,"device_id":"gate-1"})");
  line.read();
  line.say(R"({"type":"proof","digest":")" + protocols::registration_proof("secret", "gate-1", "old") +
           R"("})");
  EXPECT_THAT(line.read(), HasSubstr("wrong password"));
}

TEST_F(RegistrationDeskTest, ConnectionsAreMadeByTheDevice) {
  auto line = registered();
  auto dialled = dial("gate-1");
  const auto asked = line.read();
  EXPECT_THAT(asked, HasSubstr(R"("service":"rtsp")"));
  auto tunnel = connect();
  tunnel.say(R"({"type":"tunnel","tunnel":")" + name_in(asked) + R"("})");
  const auto made = dialled.get();
  ASSERT_TRUE(made) << made.error().message;
  boost::asio::write(**made, boost::asio::buffer("hello", 5));
  EXPECT_EQ(tunnel.take(5), "hello");
  EXPECT_EQ(desk->registered().at(0).connections, 1U);
  // A name opens one connection.
  auto second = connect();
  second.say(R"({"type":"tunnel","tunnel":")" + name_in(asked) + R"("})");
  EXPECT_EQ(second.read(), "");
}

TEST_F(RegistrationDeskTest, AConnectionThatDoesNotComeIsGivenUp) {
  EXPECT_EQ(dial("gate-1").get().error().kind, base::ErrorKind::unavailable);
  auto line = registered();
  EXPECT_EQ(dial("gate-1").get().error().kind, base::ErrorKind::timeout);
  line.read();
  auto refused = dial("gate-1");
  line.say(R"({"type":"closed","tunnel":")" + name_in(line.read()) + R"(","reason":"busy"})");
  EXPECT_THAT(refused.get().error().message, HasSubstr("busy"));
  auto lost = dial("gate-1");
  line.read();
  line.socket.close();
  EXPECT_THAT(lost.get().error().message, HasSubstr("ended"));
}

TEST_F(RegistrationDeskTest, OnlySoManyAreBeingMadeAtATime) {
  auto line = registered();
  std::vector<Dialled> many;
  for (std::size_t i = 0; i < RegistrationDesk::most_opening + 1; ++i) many.push_back(dial("gate-1"));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < RegistrationDesk::most_opening; ++i) names.push_back(name_in(line.read()));
  line.say(R"({"type":"closed","tunnel":")" + names.front() + R"("})");
  // The last one has its turn now.
  auto tunnel = connect();
  tunnel.say(R"({"type":"tunnel","tunnel":")" + name_in(line.read()) + R"("})");
  EXPECT_TRUE(many.back().get());
}

TEST_F(RegistrationDeskTest, ADeviceThatComesAgainTakesThePlace) {
  auto before = registered();
  auto now = registered();
  EXPECT_EQ(before.read(), "");
  await(Kind::registered, 2);
  EXPECT_EQ(desk->registered().size(), 1U);
  now.say(R"({"type":"alive"})");
  EXPECT_EQ(now.read(), R"({"type":"alive"})");
  const std::lock_guard lock(mutex);
  EXPECT_EQ(std::ranges::count(news, Kind::lost, &News::kind), 0);
}

TEST_F(RegistrationDeskTest, AnotherPasswordEndsItWithTheNextSignOfLife) {
  auto line = registered();
  {
    const std::lock_guard lock(mutex);
    password = "new";
  }
  line.say(R"({"type":"alive"})");
  EXPECT_THAT(line.read(), HasSubstr("password was changed"));
  EXPECT_THAT(await(Kind::lost).reason, HasSubstr("password"));
}

TEST_F(RegistrationDeskTest, WhoSaysNothingOrNonsenseIsLeft) {
  EXPECT_EQ(connect().read(), "");
  for (const auto& nonsense :
       {std::string("GET / HTTP/1.1"), std::string(1025, 'x'), std::string(R"({"type":"alive"})"),
        std::string(R"({"type":"tunnel","tunnel":"t"})"), std::string(R"({"type":"register"})")}) {
    auto line = connect();
    line.say(nonsense);
    EXPECT_THAT(line.read(), ::testing::AnyOf("", HasSubstr("refused")));
  }
  admits = false;
  EXPECT_EQ(connect().read(), "");
}

TEST_F(RegistrationDeskTest, OnlySignsOfLifeCount) {
  auto line = registered();
  {
    const std::lock_guard lock(mutex);
    password = "new";
  }
  line.say(R"({"type":"nothing of the kind"})");
  EXPECT_EQ(desk->registered().size(), 1U);
  EXPECT_THAT(dial("gate-1").get().error().message, HasSubstr("password was changed"));
  EXPECT_THAT(await(Kind::lost).reason, HasSubstr("password was changed"));
  EXPECT_EQ(line.read(), "");
}

TEST_F(RegistrationDeskTest, WhoBreaksOffIsNotSaidToBeWrong) {
  {
    auto line = connect();
    line.say(R"({"type":"register","device_id":"gate-1"})");
    EXPECT_THAT(line.read(), HasSubstr("challenge"));
  }
  enrol("gate-2", "secret").read();
  EXPECT_EQ(await(Kind::refused).device_id, "gate-2");
  EXPECT_EQ(desk->refused().size(), 1U);
}

TEST_F(RegistrationDeskTest, ItMovesAndThePortThatIsTakenIsNamed) {
  const auto port = desk->port();
  EXPECT_EQ(desk->try_place({"127.0.0.1", port, 5s}).error().kind, base::ErrorKind::conflict);
  EXPECT_EQ(desk->try_place({"nowhere", 0, 5s}).error().kind, base::ErrorKind::invalid);
  auto line = registered();
  listen(RegistrationDesk::Place{"127.0.0.1", port, 7s});
  EXPECT_EQ(desk->port(), port) << "the same port again";
  EXPECT_EQ(line.read(), "");
  EXPECT_EQ(enrol("gate-1", "secret").read(), R"({"type":"registered","keep_alive":7})");
  boost::asio::io_context other;
  tcp::acceptor taken(other, {boost::asio::ip::address_v4::loopback(), 0});
  listen(RegistrationDesk::Place{"127.0.0.1", taken.local_endpoint().port(), 5s});
  EXPECT_THAT(await(Kind::closed).reason, HasSubstr("choose another"));
  EXPECT_EQ(desk->port(), 0);
  listen(std::nullopt);
}

}  // namespace
}  // namespace watchrig::devices
