#include "system/platform/message_trace.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::platform {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_file = 64u << 20;
constexpr std::string_view secrets[] = {"password", "token", "secret", "key", "credentials"};

json::value as_traced(const json::value& value) {
  if (const auto* list = value.if_array()) {
    json::array kept;
    for (const auto& entry : *list) {
      if (kept.size() == MessageTrace::most_of_list) break;
      kept.push_back(as_traced(entry));
    }
    if (list->size() > kept.size()) {
      const auto more = fmt::format("… {} more", list->size() - kept.size());
      kept.push_back(json::value(json::string_view(more)));
    }
    return kept;
  }
  const auto* object = value.if_object();
  if (!object) return value;
  json::object kept;
  for (const auto& member : *object) {
    const bool secret = std::ranges::find(secrets, std::string_view(member.key())) != std::end(secrets);
    kept[member.key()] = secret ? json::value("…") : as_traced(member.value());
  }
  return kept;
}

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
  entry.message.body = as_traced(message.body).as_object();
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
