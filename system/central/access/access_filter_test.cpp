#include "system/central/access/access_filter.hpp"

#include <map>

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using List = AccessEntry::List;
using Mode = AccessFilter::Mode;
using base::ErrorKind;

AccessFilter::Address at(const char* text) { return boost::asio::ip::make_address(text); }
AccessEntry one(List list, const char* address) { return {list, at(address), at(address), {}}; }
AccessEntry range(List list, const char* first, const char* last) { return {list, at(first), at(last), {}}; }
AccessEntry card(List list, const char* mac) { return {list, {}, {}, platform::parse_mac(mac)}; }

class AccessFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove(file_);
    open();
  }
  void TearDown() override {
    filter_.reset();
    std::filesystem::remove(file_);
  }
  void open() {
    filter_.reset();
    filter_ = *AccessFilter::open(file_, [this](const auto& address) -> std::optional<platform::MacAddress> {
      const auto known = neighbours_.find(address.to_string());
      return known == neighbours_.end() ? std::nullopt : platform::parse_mac(known->second);
    });
  }

  const std::filesystem::path file_ = testing::TempDir() + "access_filter_test." +
                                      testing::UnitTest::GetInstance()->current_test_info()->name() + ".db";
  std::map<std::string, std::string> neighbours_;
  std::unique_ptr<AccessFilter> filter_;
  const AccessFilter::Address operator_ = at("127.0.0.1");
};

TEST_F(AccessFilterTest, ARejectListRefusesWhomItNamesAtItsEdges) {
  ASSERT_TRUE(filter_->add(one(List::reject, "192.0.2.7"), operator_));
  ASSERT_TRUE(filter_->add(range(List::reject, "192.0.2.100", "192.0.3.3"), operator_));
  ASSERT_TRUE(filter_->add(range(List::reject, "2001:db8::10", "2001:db8::1f"), operator_));
  ASSERT_TRUE(filter_->add(one(List::reject, "fe80::7"), operator_));
  EXPECT_TRUE(filter_->admits(at("192.0.2.7"))) << "all are allowed";
  ASSERT_TRUE(filter_->set_mode(Mode::reject_list, operator_));
  for (const char* refused : {"192.0.2.7", "::ffff:192.0.2.7", "192.0.2.100", "192.0.2.255", "192.0.3.3",
                              "2001:db8::10", "2001:db8::1f", "fe80::7", "fe80::7%3"})
    EXPECT_FALSE(filter_->admits(at(refused))) << refused;
  for (const char* admitted : {"192.0.2.6", "192.0.2.8", "192.0.2.99", "192.0.3.4", "2001:db8::f",
                               "2001:db8::20", "::1", "fe80::8%3"})
    EXPECT_TRUE(filter_->admits(at(admitted))) << admitted;
}

TEST_F(AccessFilterTest, AnAllowListAdmitsOnlyWhomItNames) {
  ASSERT_TRUE(filter_->add(one(List::allow, "192.0.2.7"), operator_));
  ASSERT_TRUE(filter_->add(card(List::allow, "52:54:00:aa:0b:01"), operator_));
  ASSERT_TRUE(filter_->add(one(List::reject, "192.0.2.7"), operator_));
  neighbours_ = {{"192.0.2.20", "52:54:00:AA:0B:01"}, {"192.0.2.21", "52:54:00:aa:0b:02"}};
  ASSERT_TRUE(filter_->set_mode(Mode::allow_list, operator_));
  EXPECT_TRUE(filter_->admits(at("192.0.2.7"))) << "the other list counts in the other mode";
  EXPECT_TRUE(filter_->admits(at("192.0.2.20")));
  EXPECT_FALSE(filter_->admits(at("192.0.2.21")));
  EXPECT_FALSE(filter_->admits(at("192.0.2.22"))) << "its network card is unknown";
  EXPECT_TRUE(filter_->admits(at("127.0.0.1")));
  EXPECT_FALSE(filter_->admits(at("127.0.0.2")));
}

TEST_F(AccessFilterTest, NobodyLocksThemselvesOut) {
  const auto remote = at("192.0.2.7");
  EXPECT_EQ(filter_->set_mode(Mode::allow_list, remote).error().kind, ErrorKind::conflict);
  EXPECT_EQ(filter_->mode(), Mode::allow_all);
  const auto own = filter_->add(one(List::allow, "192.0.2.7"), remote);
  ASSERT_TRUE(own);
  ASSERT_TRUE(filter_->set_mode(Mode::allow_list, remote));
  EXPECT_EQ(filter_->remove(own->id, remote).error().kind, ErrorKind::conflict);
  auto elsewhere = *own;
  elsewhere.first = elsewhere.last = at("192.0.2.8");
  EXPECT_EQ(filter_->change(elsewhere, remote).error().error.kind, ErrorKind::conflict);
  EXPECT_TRUE(filter_->admits(remote));
  ASSERT_TRUE(filter_->set_mode(Mode::reject_list, remote));
  EXPECT_EQ(filter_->add(range(List::reject, "192.0.2.0", "192.0.2.255"), remote).error().error.kind,
            ErrorKind::conflict);
  EXPECT_TRUE(filter_->remove(own->id, remote));
}

TEST_F(AccessFilterTest, EntriesAreChangedKeptAndBounded) {
  const auto added = filter_->add(one(List::reject, "192.0.2.7"), operator_);
  ASSERT_TRUE(added);
  EXPECT_EQ(filter_->add(one(List::reject, "192.0.2.7"), operator_).error().error.kind, ErrorKind::conflict);
  auto changed = card(List::reject, "52:54:00:aa:0b:01");
  changed.id = added->id;
  ASSERT_TRUE(filter_->change(changed, operator_));
  ASSERT_TRUE(filter_->set_mode(Mode::reject_list, operator_));
  open();
  EXPECT_EQ(filter_->mode(), Mode::reject_list);
  ASSERT_EQ(filter_->entries().size(), 1U);
  EXPECT_EQ(filter_->entries().front().mac, changed.mac);
  changed.id = "77";
  EXPECT_EQ(filter_->change(changed, operator_).error().error.kind, ErrorKind::not_found);
  EXPECT_EQ(filter_->remove("77", operator_).error().kind, ErrorKind::not_found);
  for (std::size_t i = 1; i < AccessFilter::most_entries; ++i)
    ASSERT_TRUE(filter_->add(one(List::reject, ("192.0.2." + std::to_string(i - 1)).c_str()), operator_))
        << i;
  EXPECT_EQ(filter_->add(one(List::reject, "198.51.100.1"), operator_).error().error.kind, ErrorKind::full);
}

TEST(MacAddressTest, OnlySingleCardsAreRead) {
  using platform::parse_mac;
  EXPECT_EQ(platform::to_string(*parse_mac("52-54-00-AA-0B-01")), "52:54:00:aa:0b:01");
  for (const char* wrong :
       {"", "52:54:00:aa:0b", "52:54:00:aa:0b:01:02", "52:54:00:aa:0b:1", "52:54:00:aa:0b:g1",
        "00:00:00:00:00:00", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "52:54-00:aa:0b:01"})
    EXPECT_FALSE(parse_mac(wrong)) << wrong;
}

}  // namespace
}  // namespace watchrig::central
