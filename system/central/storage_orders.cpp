#include "system/central/storage_orders.hpp"

#include "system/platform/role_messages.hpp"

namespace watchrig::central {

using namespace platform;
using base::Result;

namespace {

constexpr base::Duration patience = std::chrono::seconds(30);  // of real time

template <class Body>
Message to_storage(const Body& body) {
  return to_message(central_role, storage_role, body);
}

}  // namespace

Result<> StorageOrders::bind(const std::string& device, bool continued) {
  return ask(to_storage(BindDevice{device, continued}));
}

Result<> StorageOrders::reconnect(const std::string& device) {
  return bus_.send(to_storage(BindDevice{device, true}));
}

Result<> StorageOrders::unbind(const std::string& device, const std::vector<std::string>& channels) {
  return ask(to_storage(UnbindDevice{device, channels}));
}

Result<> StorageOrders::record(const std::string& channel, const std::string& stream) {
  return ask(to_storage(SetNvrRecordStrategy{channel, stream}));
}

Result<> StorageOrders::ask(Message message) {
  const auto answer = bus_.ask(std::move(message), patience);
  if (!answer) return answer.error();
  return {};
}

}  // namespace watchrig::central
