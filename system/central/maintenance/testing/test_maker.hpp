#pragma once

#include <string>

#include "system/central/maintenance/signed_text.hpp"

namespace watchrig::central::testing {

/// Somebody with an Ed25519 key of their own.
class TestMaker {
 public:
  TestMaker();
  const MakerKey& key() const { return key_; }
  /// The text with its line of the signature.
  std::string sign(const std::string& text) const;

 private:
  std::string private_key_;
  MakerKey key_;
};

}  // namespace watchrig::central::testing
