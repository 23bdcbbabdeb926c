#include "simulators/services/smtp/received_mail.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>

namespace watchrig::services {

namespace {

constexpr std::string_view blank_line = "\r\n\r\n";

std::string_view behind_header(std::string_view text) {
  const auto end = text.find(blank_line);
  return end == std::string_view::npos ? std::string_view() : text.substr(end + blank_line.size());
}

std::string from_quoted_printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=' || i + 2 >= text.size()) {
      result += text[i];
      continue;
    }
    unsigned byte = 0;
    const auto* begin = text.data() + i + 1;
    if (std::from_chars(begin, begin + 2, byte, 16).ptr == begin + 2) result += static_cast<char>(byte);
    i += 2;  // also over the line end of a soft break
  }
  return result;
}

}  // namespace

std::string text_of(std::string_view data) {
  std::string_view body = behind_header(data);
  bool quoted = data.substr(0, data.size() - body.size()).find("quoted-printable") != std::string_view::npos;
  if (body.starts_with("--")) {
    const std::string_view boundary = body.substr(0, body.find("\r\n"));
    std::string_view part = body.substr(boundary.size());
    part = part.substr(0, part.find(boundary));
    body = behind_header(part);
    quoted = part.substr(0, part.size() - body.size()).find("quoted-printable") != std::string_view::npos;
  }
  return quoted ? from_quoted_printable(body) : std::string(body);
}

void MailLedger::add(ReceivedMail mail) {
  const std::lock_guard lock(mutex_);
  mails_.push_back(std::move(mail));
  if (mails_.size() > most) mails_.pop_front();
}

void MailLedger::count_login(bool right) {
  const std::lock_guard lock(mutex_);
  ++(right ? logins_ : refused_logins_);
}

boost::json::object MailLedger::to_json(std::string_view receiver) const {
  const std::lock_guard lock(mutex_);
  boost::json::array mails;
  for (const auto& mail : mails_) {
    const auto& all = mail.receivers;
    if (!receiver.empty() && std::find(all.begin(), all.end(), receiver) == all.end()) continue;
    mails.push_back({{"time", base::format_utc(mail.time)},
                     {"user", mail.user},
                     {"sender", mail.sender},
                     {"receivers", boost::json::array(all.begin(), all.end())},
                     {"text", text_of(mail.data)}});
  }
  return {{"logins", logins_}, {"refused_logins", refused_logins_}, {"mails", std::move(mails)}};
}

}  // namespace watchrig::services
