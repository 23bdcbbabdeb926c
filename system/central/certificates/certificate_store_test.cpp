#include "system/central/certificates/certificate_store.hpp"

#include <fstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "system/central/certificates/trusted_authorities.hpp"

namespace watchrig::central {
namespace {

using Status = StoredCertificate::Status;
using base::ErrorKind;

const CertificateSubject subject{"DE", "192.0.2.7", "", "", "Example", ""};

class CertificateStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    open();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void open() {
    store_.reset();
    store_ = *CertificateStore::open(file_, *platform::SecretVault::open(folder_ / "secrets.key"), clock_,
                                     [this] { return own_; });
  }
  /// The database with its log, as a thief has them.
  std::string bytes_of_store() const {
    std::string bytes;
    for (const char* end : {"", "-wal"}) {
      std::ifstream input(file_.string() + end, std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(input), {});
    }
    return bytes;
  }
  /// The authority's side of a request.
  std::string answer(const std::string& request, int days) {
    const auto read = *read_request(request);
    const KeyPtr asked(X509_REQ_get_pubkey(read.get()));
    return to_pem((*issue(subject, asked.get(), authority_.get(), authority_key_.get(), clock_.now(),
                          clock_.now() + std::chrono::days(days)))
                      .get());
  }

  const std::filesystem::path folder_ = testing::TempDir() + "certificate_store_test." +
                                        testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::filesystem::path file_ = folder_ / "certificates.db";
  base::ManualClock clock_{*base::parse_utc("2026-03-29T00:00:00Z")};
  std::vector<std::string> own_{"127.0.0.1", "192.0.2.7"};
  std::unique_ptr<CertificateStore> store_;
  const KeyPtr authority_key_ = *make_key();
  const X509Ptr authority_ = *make_root(authority_key_.get(), clock_.now());
};

TEST_F(CertificateStoreTest, KeysAreSealedAlsoThoseThatWereInClear) {
  const auto made = *store_->make("gate", subject, 10);
  const auto root = *store_->root();
  const auto identity = *store_->identity(made.id);
  store_.reset();
  EXPECT_EQ(bytes_of_store().find("PRIVATE KEY"), std::string::npos);
  {
    auto database = *platform::SqliteDatabase::open(file_);
    auto key = *database.prepare("UPDATE certificate SET key=?");
    ASSERT_TRUE(key.bind(std::string_view(identity.key)).run());
    auto clear = *database.prepare("UPDATE certificate_value SET value=? WHERE name='root'");
    const std::string both = root + to_pem(authority_key_.get());
    ASSERT_TRUE(clear.bind(std::string_view(both)).run());
    ASSERT_TRUE(
        database.execute("DELETE FROM certificate_value WHERE name='root.key'; PRAGMA user_version=1"));
  }
  EXPECT_NE(bytes_of_store().find("PRIVATE KEY"), std::string::npos);
  open();
  EXPECT_EQ(bytes_of_store().find("PRIVATE KEY"), std::string::npos);
  EXPECT_EQ(store_->identity(made.id)->key, identity.key);
  EXPECT_EQ(*store_->root(), root);
  EXPECT_TRUE(store_->make("second", subject, 10));
}

TEST_F(CertificateStoreTest, WithoutTheKeyFileThereIsANewRootAndNoKey) {
  const auto made = *store_->make("gate", subject, 10);
  const auto root = *store_->root();
  std::filesystem::remove(folder_ / "secrets.key");
  open();
  EXPECT_EQ(store_->identity(made.id).error().kind, ErrorKind::denied);
  EXPECT_NE(*store_->root(), root);
  const auto second = store_->make("second", subject, 10);
  ASSERT_TRUE(second);
  EXPECT_TRUE(store_->identity(second->id));
}

TEST_F(CertificateStoreTest, AuthoritiesAreAllAddedOrNone) {
  const auto file = folder_ / "trusted.db";
  const auto authorities = *TrustedAuthorities::open(file, clock_);
  auto other = *platform::SqliteDatabase::open(file);
  ASSERT_TRUE(other.execute(
      "CREATE TRIGGER full BEFORE INSERT ON authority WHEN (SELECT count(*) FROM authority) > 0 "
      "BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  EXPECT_FALSE(authorities->add(*store_->root() + to_pem(authority_.get())));
  EXPECT_TRUE(authorities->list().empty());
  EXPECT_TRUE((*TrustedAuthorities::open(file, clock_))->list().empty());
}

TEST_F(CertificateStoreTest, OwnCertificatesLeadToTheRootUntilTheyExpire) {
  const auto made = store_->make("gate", subject, 10);
  ASSERT_TRUE(made) << made.error().error.message;
  EXPECT_EQ(made->subject, "C=DE, O=Example, CN=192.0.2.7");
  EXPECT_EQ(made->facts->addresses, std::vector<std::string>{"192.0.2.7"});
  EXPECT_EQ(made->status, Status::normal);
  const auto authorities = *TrustedAuthorities::open(folder_ / "trusted.db", clock_);
  const auto chain = *store_->certificate(made->id);
  EXPECT_EQ(authorities->verify(chain).error().kind, ErrorKind::denied);
  ASSERT_TRUE(authorities->add(*store_->root()));
  EXPECT_TRUE(authorities->verify(chain));
  clock_.advance(std::chrono::days(10) - std::chrono::seconds(1));
  EXPECT_EQ(store_->find(made->id)->status, Status::normal);
  EXPECT_TRUE(authorities->verify(chain));
  EXPECT_TRUE(store_->identity(made->id));
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(store_->find(made->id)->status, Status::expired);
  EXPECT_FALSE(authorities->verify(chain));
}

TEST_F(CertificateStoreTest, ASubjectNeedsCountryAddressAndValidity) {
  const auto field = [&](const CertificateSubject& wrong, int days) {
    const auto made = store_->make("", wrong, days);
    return made ? std::string("accepted") : made.error().field;
  };
  EXPECT_EQ(field({"", "192.0.2.7"}, 10), "country");
  EXPECT_EQ(field({"D", "192.0.2.7"}, 10), "country");
  EXPECT_EQ(field({"de", "192.0.2.7"}, 10), "country");
  EXPECT_EQ(field({"DEU", "192.0.2.7"}, 10), "country");
  for (const char* address :
       {"", "192.0.2.256", "a..b", "-a.example", "a b", "IP:1.2.3.4,DNS:x", "fe80::1%eth0"})
    EXPECT_EQ(field({"DE", address}, 10), "address") << address;
  EXPECT_EQ(field({"DE", std::string(63, 'a') + "." + std::string(64, 'b')}, 10), "address");
  EXPECT_EQ(field({"DE", "192.0.2.7", std::string(65, 'p')}, 10), "province");
  EXPECT_EQ(field({"DE", "192.0.2.7", "", "", "a\nb"}, 10), "organisation");
  EXPECT_EQ(field(subject, 0), "valid_days");
  EXPECT_EQ(field(subject, most_valid_days + 1), "valid_days");
  for (const char* address : {"vms.example.org", "2001:db8::7", "localhost"})
    EXPECT_EQ(field({"DE", address}, 10), "accepted") << address;
  EXPECT_EQ(field({"DE", std::string(63, 'a') + "." + std::string(63, 'b')}, most_valid_days), "accepted");
  EXPECT_EQ(field(subject, 1), "accepted");
}

TEST_F(CertificateStoreTest, AnAddressThatIsNotTheMachinesAnyMoreIsShown) {
  const auto made = store_->make("", subject, 10);
  EXPECT_EQ(made->address, AddressState::matches);
  own_ = {"127.0.0.1", "192.0.2.8"};
  EXPECT_EQ(store_->list().front().address, AddressState::differs);
  EXPECT_EQ(store_->make("", {"DE", "vms.example.org"}, 10)->address, AddressState::unknown);
}

TEST_F(CertificateStoreTest, ARequestIsIncompleteUntilItsOwnAnswerComes) {
  const auto requested = store_->request("asked", subject);
  const auto other = store_->request("other", subject);
  ASSERT_TRUE(requested && other);
  EXPECT_EQ(requested->status, Status::incomplete);
  EXPECT_EQ(requested->subject, "C=DE, O=Example, CN=192.0.2.7");
  EXPECT_FALSE(store_->identity(requested->id));
  const auto request = *store_->request_text(requested->id);
  EXPECT_EQ(store_->complete(requested->id, "garbage").error().field, "certificate");
  EXPECT_EQ(store_->complete(other->id, answer(request, 10)).error().field, "certificate");
  EXPECT_EQ(store_->complete("77", answer(request, 10)).error().error.kind, ErrorKind::not_found);
  const auto complete = store_->complete(requested->id, answer(request, 10) + to_pem(authority_.get()));
  ASSERT_TRUE(complete) << complete.error().error.message;
  EXPECT_EQ(complete->status, Status::normal);
  EXPECT_TRUE(store_->identity(requested->id));
  EXPECT_EQ(store_->complete(requested->id, answer(request, 10)).error().error.kind, ErrorKind::conflict);
}

TEST_F(CertificateStoreTest, OnlyAMatchingPairIsInstalled) {
  const auto key = *make_key();
  const auto certificate = *issue(subject, key.get(), authority_.get(), authority_key_.get(), clock_.now(),
                                  clock_.now() + std::chrono::days(9));
  const auto field = [&](const std::string& pem, const std::string& secret) {
    const auto installed = store_->install("in", pem, secret, "");
    return installed ? std::string("accepted") : installed.error().field;
  };
  EXPECT_EQ(field(to_pem(certificate.get()), to_pem(authority_key_.get())), "key");
  EXPECT_EQ(field("", to_pem(key.get())), "certificate");
  EXPECT_EQ(field(to_pem(certificate.get()), "garbage"), "key");
  EXPECT_EQ(field(to_pem(key.get()), to_pem(certificate.get())), "certificate");
  EXPECT_EQ(field(to_pem(certificate.get()) + to_pem(certificate.get()), to_pem(key.get())), "certificate");
  EXPECT_EQ(field(to_pem(authority_.get()), to_pem(authority_key_.get())), "certificate");
  EXPECT_EQ(field(std::string(most_pem_bytes + 1, 'x'), to_pem(key.get())), "certificate");
  EXPECT_TRUE(store_->list().empty());
  EXPECT_EQ(field(to_pem(certificate.get()), to_pem(key.get())), "accepted");
  clock_.advance(std::chrono::days(9));
  EXPECT_EQ(field(to_pem(certificate.get()), to_pem(key.get())), "certificate");
}

TEST_F(CertificateStoreTest, OneInUseStaysAndNamesAreKept) {
  const auto made = store_->make("first", subject, 10);
  ASSERT_TRUE(store_->set_https({true, made->id}));
  EXPECT_EQ(store_->remove(made->id).error().kind, ErrorKind::conflict);
  EXPECT_EQ(store_->rename(made->id, "").error().field, "name");
  EXPECT_EQ(store_->rename(made->id, std::string(65, 'n')).error().field, "name");
  EXPECT_TRUE(store_->rename(made->id, std::string(64, 'n')));
  const auto root = *store_->root();
  open();
  EXPECT_EQ(*store_->root(), root);
  EXPECT_EQ(store_->list().front().name, std::string(64, 'n'));
  EXPECT_TRUE(store_->list().front().used);
  EXPECT_TRUE(store_->https().enabled);
  ASSERT_TRUE(store_->set_https({}));
  EXPECT_TRUE(store_->remove(made->id));
  EXPECT_EQ(store_->remove(made->id).error().kind, ErrorKind::not_found);
}

TEST_F(CertificateStoreTest, AtMostSixtyFourAndOnlyItsUserReadsTheFile) {
  for (std::size_t i = 0; i < CertificateStore::most_certificates; ++i)
    ASSERT_TRUE(store_->request("", subject)) << i;
  EXPECT_EQ(store_->request("", subject).error().error.kind, ErrorKind::full);
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    struct stat status {};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077, 0U) << file.path();
  }
}

TEST_F(CertificateStoreTest, OnlyAuthoritiesAreTrusted) {
  const auto authorities = *TrustedAuthorities::open(folder_ / "trusted.db", clock_);
  const auto made = store_->make("", subject, 10);
  EXPECT_EQ(authorities->add("garbage").error().field, "certificate");
  EXPECT_EQ(authorities->add(*store_->certificate(made->id)).error().field, "certificate");
  // All or none.
  EXPECT_FALSE(authorities->add(to_pem(authority_.get()) + *store_->certificate(made->id)));
  EXPECT_TRUE(authorities->list().empty());
  const auto added = authorities->add(to_pem(authority_.get()));
  ASSERT_TRUE(added);
  EXPECT_EQ(authorities->add(to_pem(authority_.get())).error().error.kind, ErrorKind::conflict);
  EXPECT_FALSE(authorities->verify(*store_->certificate(made->id)));
  EXPECT_EQ((*TrustedAuthorities::open(folder_ / "trusted.db", clock_))->list().size(), 1U);
  EXPECT_TRUE(authorities->remove(added->front().id));
  EXPECT_EQ(authorities->remove(added->front().id).error().kind, ErrorKind::not_found);
}

TEST_F(CertificateStoreTest, TwoHundredAndFiftySixAuthoritiesAreTrustedAndNoMore) {
  const auto authorities = *TrustedAuthorities::open(folder_ / "trusted.db", clock_);
  const auto another = [&] { return to_pem((*make_root(authority_key_.get(), clock_.now())).get()); };
  std::string first;
  for (std::size_t i = 1; i < TrustedAuthorities::most; ++i) {
    const auto added = authorities->add(another());
    ASSERT_TRUE(added) << i;
    if (first.empty()) first = added->front().id;
  }
  // Two at once would be one too many: neither is taken.
  EXPECT_EQ(authorities->add(another() + another()).error().error.kind, ErrorKind::full);
  EXPECT_EQ(authorities->list().size(), TrustedAuthorities::most - 1);
  ASSERT_TRUE(authorities->add(another()));
  const auto more = authorities->add(another());
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().error.kind, ErrorKind::full);
  EXPECT_NE(more.error().error.message.find("256 authorities"), std::string::npos);
  ASSERT_TRUE(authorities->remove(first));
  EXPECT_TRUE(authorities->add(another()));
}

}  // namespace
}  // namespace watchrig::central
