#include "system/platform/message_trace.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::platform {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_file = 64u << 20;
constexpr std::string_view secrets[] = {"password", "token", "secret", "key", "credentials"};

/// Texts, numbers and flags in all lists of one message: many channels with many streams are no longer then.
constexpr std::size_t most_in_lists = 200;

/// What is kept of one message.
class Traced {
 public:
  json::value kept(std::string_view name, const json::value& value) {
    if (const auto* list = value.if_array()) return kept_list(*list);
    if (const auto* object = value.if_object()) return kept_object(*object);
    if (in_lists_ > 0 && left_ > 0) --left_;
    return name == "address" ? without_path(value) : value;
  }
  json::object kept_object(const json::object& object) {
    json::object kept_members;
    for (const auto& member : object) {
      const std::string_view name = member.key();
      const bool secret = std::ranges::find(secrets, name) != std::end(secrets);
      kept_members[name] = secret ? json::value("…") : kept(name, member.value());
    }
    return kept_members;
  }

 private:
  json::array kept_list(const json::array& list) {
    ++in_lists_;
    json::array entries;
    for (const auto& entry : list) {
      if (entries.size() == MessageTrace::most_of_list || left_ == 0) break;
      entries.push_back(kept({}, entry));
    }
    --in_lists_;
    if (list.size() > entries.size()) {
      const auto more = fmt::format("… {} more", list.size() - entries.size());
      entries.push_back(json::value(json::string_view(more)));
    }
    return entries;
  }
  /// Devices take passwords in the paths of their streams.
  static json::value without_path(const json::value& address) {
    const auto* text = address.if_string();
    const auto scheme = text ? text->find("://") : json::string::npos;
    const auto path = scheme == json::string::npos ? scheme : text->find_first_of("/?", scheme + 3);
    if (path == json::string::npos) return address;
    const auto shown = fmt::format("{}/…", std::string_view(text->data(), path));
    return json::value(json::string_view(shown));
  }

  std::size_t left_ = most_in_lists;
  std::size_t in_lists_ = 0;
};

bool fits(const std::optional<std::string>& wanted, const std::string& found) {
  return !wanted || *wanted == found;
}

}  // namespace

MessageTrace::MessageTrace(std::size_t most, std::filesystem::path file) : most_(most) {
  if (file.empty()) return;
  file_.open(file, std::ios::app);
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  if (!failure) written_ = size;
}

void MessageTrace::add(const Message& message, std::string outcome) {
  Entry entry{message, std::move(outcome)};
  entry.message.body = Traced().kept_object(message.body);
  const std::lock_guard lock(mutex_);
  if (file_.is_open() && written_ < longest_file) {
    const auto line = json::serialize(to_json(entry)) + "\n";
    file_ << line << std::flush;
    written_ += line.size();
  }
  entries_.push_back(std::move(entry));
  if (entries_.size() > most_) entries_.pop_front();
}

std::vector<MessageTrace::Entry> MessageTrace::find(const Query& query) const {
  std::vector<Entry> found;
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (found.size() >= query.limit) break;
    const Message& message = entry.message;
    if (message.number > query.after && fits(query.correlation, message.correlation) &&
        fits(query.name, message.name) && fits(query.from, message.from) && fits(query.to, message.to))
      found.push_back(entry);
  }
  return found;
}

json::object to_json(const MessageTrace::Entry& entry) {
  const Message& message = entry.message;
  return {{"number", message.number}, {"time", base::format_utc(message.time, 6)},
          {"name", message.name},     {"from", message.from},
          {"to", message.to},         {"correlation", message.correlation},
          {"body", message.body},     {"outcome", entry.outcome}};
}

}  // namespace watchrig::platform
