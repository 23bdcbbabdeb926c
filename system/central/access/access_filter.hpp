#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "system/central/field_error.hpp"
#include "system/platform/neighbour_table.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Hosts that a list of the filter names: those from first to last address, or that of a network card.
struct AccessEntry {
  enum class List { allow, reject };
  List list = List::reject;
  boost::asio::ip::address first;  ///< of the same family as last, and not after it
  boost::asio::ip::address last;
  std::optional<platform::MacAddress> mac;  ///< in place of addresses
  std::string id{};                         ///< "3"; never used twice
};

/// Which hosts may connect at all (IVSS 8.6.2), by HTTP, HTTPS and RTSP alike. This machine itself, 127.0.0.1
/// and ::1, always may, so that there is a way back in. Any thread.
class AccessFilter {
 public:
  enum class Mode { allow_all, reject_list, allow_list };
  using Address = boost::asio::ip::address;
  using Neighbours = std::function<std::optional<platform::MacAddress>(const Address&)>;
  static constexpr std::size_t most_entries = 256;

  static base::Result<std::unique_ptr<AccessFilter>> open(const std::filesystem::path& file,
                                                          Neighbours neighbours);

  /// At each new connection, before a byte is read. A host whose network card is unknown is on no list by it.
  bool admits(const Address& source) const;

  Mode mode() const;
  std::vector<AccessEntry> entries() const;

  // A change that would refuse `by`, who asks for it, is a conflict and changes nothing.

  base::Result<> set_mode(Mode mode, const Address& by);
  /// Errors: full, conflict (such an entry is there already).
  FieldResult<AccessEntry> add(AccessEntry entry, const Address& by);
  /// Of the entry with its id. Errors: not_found.
  FieldResult<void> change(const AccessEntry& entry, const Address& by);
  base::Result<> remove(const std::string& id, const Address& by);

 private:
  struct Rules {
    Mode mode = Mode::allow_all;
    std::vector<AccessEntry> entries;
  };
  AccessFilter(platform::SqliteDatabase database, Neighbours neighbours)
      : neighbours_(std::move(neighbours)), database_(std::move(database)) {}
  base::Result<> load();
  bool admits(const Rules& rules, Address source) const;
  bool names(const AccessEntry& entry, const Address& source,
             const std::optional<platform::MacAddress>& mac) const;
  std::shared_ptr<const Rules> rules() const;
  base::Result<> check(const Rules& next, const Address& by) const;
  base::Result<> store(const AccessEntry& entry);

  const Neighbours neighbours_;
  mutable std::mutex mutex_;  ///< of the pointer
  std::mutex change_mutex_;   ///< of the database, and held from reading rules to replacing them
  platform::SqliteDatabase database_;
  std::shared_ptr<const Rules> rules_ = std::make_shared<Rules>();
};

std::string_view to_string(AccessFilter::Mode mode);
std::optional<AccessFilter::Mode> mode_from(std::string_view text);

}  // namespace watchrig::central
