#pragma once

#include <map>
#include <string>
#include <vector>

#include "system/api/server_parts.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// What becomes of a row: it is ready until the job begins with it, waits for its turn, is being tried, and
/// then is added or failed; or somebody has stopped it. All but those added may be changed and tried again.
enum class AddingState { ready, waiting, checking, added, failed, stopped };
std::string_view to_string(AddingState state);

/// A device to be added, as somebody has entered it.
struct AddingRow {
  std::size_t number = 0;     ///< from 1 on, never used twice in its job
  boost::json::object entry;  ///< may hold a password: never shown as it is
  AddingState state = AddingState::ready;
  std::optional<central::FieldError> error = {};
  std::string device = {};   ///< its id, once it was added
  std::string name = {};     ///< likewise
  std::size_t channels = 0;  ///< likewise: how many it was added with
  std::uint64_t turn = 0;    ///< an attempt of an older turn has nothing to say any more
  bool entered = false;      ///< it is too late to stop it
};

/// Rows that somebody adds together. Kept while the server runs.
struct AddingJob {
  static constexpr std::size_t most_rows = 1000;
  static constexpr std::size_t most_entry_bytes = 16 * 1024;  ///< of a row, as JSON

  std::string id;         ///< "j1"
  http::Request request;  ///< by which it was begun, without its body
  base::UtcTime began;
  std::map<std::size_t, AddingRow> rows;
  std::size_t next_number = 1;
  std::shared_ptr<central::TaskList::Entry> task = {};  ///< while something of it is under way

  std::size_t count(AddingState state) const;
  bool is_running() const { return count(AddingState::waiting) + count(AddingState::checking) > 0; }
};

/// With how many rows are in each state, but without the rows.
boost::json::object to_json(const AddingJob& job);
/// Without its password, also where that is in an address.
boost::json::object to_json(const AddingRow& row);

/// The device of an entry. What it leaves out: the type is "devices" and the driver "private", but "rtsp" of
/// an rtsp:// address; the name is that of its host, or with its port where `by_port` (IVSS 5.4.2.2).
central::FieldResult<central::Device> device_of_entry(boost::json::object entry, bool by_port);

/// What somebody has put right in an entry. Of address and port what is not named stays as it was, also where
/// it was said by the address of a stream.
void change_entry(boost::json::object& entry, const boost::json::object& change);

/// Entries of a request: a list `rows` of objects, or `table`, the text of a filled template. A row
/// {"endpoint","username","password"} is a device that was found.
central::FieldResult<std::vector<boost::json::object>> entries_of(ServerParts& parts,
                                                                  const boost::json::object& body);

}  // namespace watchrig::api
