#include "system/central/maintenance/signed_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/base64.hpp"
#include "system/base/text.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view form = "1";
constexpr std::string_view signature_name = "signature";

Error damaged(std::string why) { return {ErrorKind::corrupt, "the file is damaged: " + std::move(why)}; }

bool is_plain(std::string_view line) {
  return std::ranges::none_of(line,
                              [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

/// The next line, which is taken off `rest`; none when the text ends before it.
Result<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.substr(0, SignedText::most_bytes).find('\n');
  if (end == std::string_view::npos) return damaged("it ends before its signature");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (!is_plain(line)) return damaged("a line of its beginning has control characters");
  return line;
}

Result<> check_title(std::string_view line, std::string_view title) {
  const auto [name, number] = base::split_once(line, ' ');
  if (name != title) return Error{ErrorKind::invalid, fmt::format("the file does not begin with {}", title)};
  if (number == form) return {};
  if (base::parse_number<unsigned>(number))
    return Error{ErrorKind::unsupported, "the file is of a newer form than this server reads"};
  return damaged("its first line has no number");
}

}  // namespace

Result<MakerKey> MakerKey::from(std::string_view base64) {
  const auto raw = base::from_base64(base64);
  const auto key = platform::PublicKey::from_raw(raw ? std::string(raw->begin(), raw->end()) : std::string());
  if (!key) return Error{ErrorKind::invalid, "must be base64 of the 32 bytes of an Ed25519 public key"};
  MakerKey maker;
  maker.key_ = *key;
  return maker;
}

bool MakerKey::has_signed(std::string_view text, std::string_view signature) const {
  const auto raw = base::from_base64(signature);
  return key_ && raw && key_->has_signed(text, std::string(raw->begin(), raw->end()));
}

std::string SignedText::value(std::string_view name) const {
  const auto found =
      std::ranges::find(fields, name, [](const auto& field) { return std::string_view(field.first); });
  return found == fields.end() ? std::string() : found->second;
}

Result<SignedText> parse_signed_text(std::string_view file, std::string_view title) {
  auto rest = file;
  const auto first = take_line(rest);
  if (!file.starts_with(title))
    return Error{ErrorKind::invalid, fmt::format("the file does not begin with {}", title)};
  if (!first) return first.error();
  if (auto checked = check_title(*first, title); !checked) return checked.error();
  SignedText text;
  while (text.fields.size() <= SignedText::most_fields &&
         file.size() - rest.size() <= SignedText::most_bytes) {
    const auto line = take_line(rest);
    if (!line) return line.error();
    const auto [name, value] = base::split_once(*line, ':');
    if (name.empty() || name.size() == line->size()) return damaged("a line is no \"name: value\"");
    text.fields.emplace_back(base::trim(name), base::trim(value));
    text.bytes = file.size() - rest.size();
    if (name == signature_name) return text;
  }
  return damaged("no signature comes within 1000 lines and 64 KiB");
}

Result<SignedText> read_signed_text(std::string_view file, std::string_view title, const MakerKey& maker) {
  auto text = parse_signed_text(file, title);
  if (!text) return text;
  if (maker.is_none())
    return Error{ErrorKind::denied, "this server knows no maker: start it with --set maker.key=BASE64"};
  const auto before = file.substr(0, text->bytes);
  const auto line = before.rfind('\n', before.size() - 2) + 1;
  if (maker.has_signed(file.substr(0, line), text->fields.back().second)) return text;
  return Error{ErrorKind::denied, "the file is not signed by the maker of this server, or it was changed"};
}

}  // namespace watchrig::central
