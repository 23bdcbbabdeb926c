#include "system/api/adding_job.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace json = boost::json;

central::FieldResult<central::Device> device_of(std::string_view entry, bool by_port = false) {
  return device_of_entry(json::parse(entry).as_object(), by_port);
}
std::string shown(std::string_view entry) {
  AddingRow row{1, json::parse(entry).as_object()};
  return json::serialize(to_json(row));
}

TEST(AddingJob, takes_the_usual_values_of_a_manual_row) {
  const auto device = device_of(R"({"address":"10.0.0.5","username":"admin","password":"x"})");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->type, "devices");
  EXPECT_EQ(device->driver, "private");
  EXPECT_EQ(device->name, "10.0.0.5");
  EXPECT_EQ(address_of(*device).port, 37777);
  EXPECT_EQ(device_of(R"({"address":"10.0.0.5"})", true)->name, "10.0.0.5:37777");
  EXPECT_EQ(device_of(R"({"address":"10.0.0.5","driver":"onvif","type":"ipc","name":"Gate"})")->name, "Gate");
}

TEST(AddingJob, reads_an_rtsp_address_without_further_entries) {
  const auto read =
      device_of(R"({"address":"Rtsp://root:p%40ss@10.0.0.5/cam/realmonitor?channel=1&subtype=0"})");
  ASSERT_TRUE(read);
  const auto device = central::checked(*read);
  ASSERT_TRUE(device) << device.error().error.message;
  EXPECT_EQ(device->driver, "rtsp");
  EXPECT_EQ(device->streams.at("main"), "rtsp://10.0.0.5/cam/realmonitor?channel=1&subtype=0");
  EXPECT_EQ(device->username, "root");
  EXPECT_EQ(device->password, "p@ss");
  EXPECT_EQ(address_of(*device).port, 554);
  EXPECT_EQ(device_of(R"({"address":"rtsp://10.0.0.5/a","port":554})").error().field, "address");
}

TEST(AddingJob, wants_a_password_with_a_user) {
  EXPECT_EQ(device_of(R"({"address":"10.0.0.5","username":"admin"})").error().field, "password");
  EXPECT_EQ(device_of(R"({"username":"admin","password":"x"})").error().field, "streams.main");
}

TEST(AddingJob, shows_no_password_wherever_it_is) {
  EXPECT_THAT(shown(R"({"address":"10.0.0.5","username":"admin","password":"s3cret"})"),
              Not(HasSubstr("s3cret")));
  const auto text =
      shown(R"({"address":"rtsp://admin:s3@cret@10.0.0.5/a?b=c@d","streams":{"main":"rtsp://u:s3cret@h/x"},)"
            R"("channels":[{"number":1,"streams":{"main":"rtsp://u:s3cret@h/x"}}]})");
  EXPECT_THAT(text, Not(HasSubstr("s3")));
  EXPECT_THAT(text, HasSubstr("rtsp://10.0.0.5/a?b=c@d"));
}

TEST(AddingJob, shows_no_password_of_an_address_that_is_wrong) {
  for (const char* wrong : {"rtsp://admin:Pa/ss@10.0.0.5/x", "rtsp://admin:1?Pa@10.0.0.5",
                            "admin:Pa@10.0.0.5", "rtsp:/admin:Pa@10.0.0.5"}) {
    const auto text = shown(json::serialize(json::object{{"address", wrong}}));
    EXPECT_THAT(text, Not(HasSubstr("Pa"))) << wrong;
    EXPECT_THAT(text, HasSubstr("10.0.0.5")) << wrong;
  }
}

TEST(AddingJob, what_is_put_right_keeps_the_rest_of_the_address) {
  const auto changed = [](std::string_view entry, std::string_view change) {
    auto object = json::parse(entry).as_object();
    change_entry(object, json::parse(change).as_object());
    return object;
  };
  const auto* line = R"({"driver":"onvif","streams":{"main":"http://10.0.0.5:8899/onvif/device_service"}})";
  EXPECT_EQ(changed(line, R"({"port":80})"),
            json::parse(R"({"driver":"onvif","address":"10.0.0.5","port":80})").as_object());
  EXPECT_EQ(changed(line, R"({"address":"10.0.0.6"})"),
            json::parse(R"({"driver":"onvif","address":"10.0.0.6","port":8899})").as_object());
  EXPECT_TRUE(changed(line, R"({"password":"x"})").contains("streams"));
  EXPECT_EQ(changed(R"({"address":"10.0.0.5","port":80})", R"({"address":"rtsp://10.0.0.5/a"})"),
            json::parse(R"({"address":"rtsp://10.0.0.5/a"})").as_object());
}

TEST(AddingJob, counts_its_rows) {
  AddingJob job{"j1", {}, {}, {}};
  job.rows[1] = {1, {}, AddingState::added};
  job.rows[2] = {2, {}, AddingState::checking};
  EXPECT_TRUE(job.is_running());
  EXPECT_EQ(to_json(job).at("progress").as_double(), 0.5);
  job.rows[2].state = AddingState::stopped;
  EXPECT_FALSE(job.is_running());
  EXPECT_EQ(to_json(job).at("progress").as_double(), 1);
}

}  // namespace
}  // namespace watchrig::api
