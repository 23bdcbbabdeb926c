#include "system/platform/mail_message.hpp"

#include <algorithm>

#include <fmt/chrono.h>
#include <openssl/rand.h>

#include "system/base/base64.hpp"
#include "system/base/text.hpp"

namespace watchrig::platform {

namespace {

constexpr std::size_t longest_subject = 200;  // bytes
constexpr std::size_t word_bytes = 45;        // of an encoded word: 75 characters with its frame

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// At most so many bytes, without half a character at the end.
std::size_t whole_characters(std::string_view text, std::size_t most) {
  std::size_t size = std::min(most, text.size());
  while (size > 1 && size < text.size() && continues_character(text[size])) --size;
  return size;
}

std::string encoded_words(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto size = whole_characters(text, word_bytes);
    if (!result.empty()) result += "\r\n ";
    result += "=?UTF-8?B?" + base::to_base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return result;
}

std::string subject_line(std::string_view subject) {
  std::string text(subject.substr(0, whole_characters(subject, longest_subject)));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' '; });
  return ascii ? text : encoded_words(text);
}

std::string message_id(const Mail& mail) {
  unsigned char random[12];
  const bool drawn = RAND_bytes(random, sizeof random) == 1;
  const auto unique =
      drawn ? base::to_hex(random, sizeof random) : std::to_string(mail.date.time_since_epoch().count());
  return fmt::format("<{}@{}>", unique, base::split_once(mail.sender, '@').second);
}

}  // namespace

std::vector<std::string> mail_header(const Mail& mail) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(mail.date);
  return {fmt::format("Date: {:%a, %d %b %Y %H:%M:%S +0000}", seconds),
          "From: " + mail.sender,
          "To: " + base::joined(mail.receivers, ", "),
          "Subject: " + subject_line(mail.subject),
          "Message-ID: " + message_id(mail),
          "Auto-Submitted: auto-generated"};  // RFC 3834: no out-of-office answers
}

std::string with_line_ends(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

bool is_sendable_address(std::string_view address) {
  return !address.empty() && address.size() <= 254 && std::all_of(address.begin(), address.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '<' && c != '>' && c != ',';
  });
}

}  // namespace watchrig::platform
