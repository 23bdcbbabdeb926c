#include "simulators/camera/onvif/camera_io.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace watchrig::camera {
namespace {

using namespace std::chrono_literals;

class CameraIoTest : public testing::Test {
 protected:
  CameraIoTest() { io_->configure(1, true, 10s, false); }
  /// How many steps there were to do.
  std::size_t pass(base::Duration time) {
    clock_.advance(time);
    context_.restart();
    return context_.poll();
  }
  void activate() {
    io_->switch_relay(1, true, clock_.now() + 1h);
    pass(0s);
  }
  bool active() const { return io_->relays().front().active; }

  base::ManualClock clock_{base::UtcTime(1000s)};
  boost::asio::io_context context_;
  std::shared_ptr<EventHub> hub_ = std::make_shared<EventHub>(context_.get_executor(), clock_);
  std::shared_ptr<CameraIo> io_ = std::make_shared<CameraIo>(1, 1, context_.get_executor(), clock_, hub_);
};

TEST_F(CameraIoTest, MonostableRelayReturnsItsDelayAfterItWasLastActivated) {
  auto heard = hub_->subscribe({}, clock_.now() + 1h, {}).value();
  activate();
  pass(6s);
  activate();
  pass(9999ms);
  EXPECT_TRUE(active());
  pass(1ms);
  EXPECT_FALSE(active());
  ASSERT_EQ(heard->waiting.size(), 2u);
  EXPECT_EQ(heard->waiting.back().time, base::UtcTime(1016s) + 1h);
  activate();
  pass(10s);
  EXPECT_FALSE(active()) << "it returns once only";
}

TEST_F(CameraIoTest, RelayMadeBistableMeanwhileStays) {
  activate();
  io_->configure(1, false, 10s, false);
  pass(1min);
  EXPECT_TRUE(active());
}

TEST_F(CameraIoTest, ShorterDelayCountsFromTheNextActivation) {
  activate();
  io_->configure(1, true, 1s, false);
  pass(2s);
  EXPECT_TRUE(active());
  activate();
  pass(1s);
  EXPECT_FALSE(active());
}

TEST_F(CameraIoTest, ManyActivationsWaitAsOne) {
  for (int i = 0; i < 1000; ++i) io_->switch_relay(1, true, clock_.now());
  pass(0s);
  EXPECT_LT(pass(10s), 20u);
  EXPECT_FALSE(active());
}

}  // namespace
}  // namespace watchrig::camera
