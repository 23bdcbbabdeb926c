#include "system/central/maintenance/update_feed.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include "system/base/utf8.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::int64_t day = 24 * 60;
constexpr std::int64_t month = 30 * day;
constexpr std::int64_t longest_address = 500;

Error wrong(std::string why) {
  return {ErrorKind::corrupt, "the answer is no list of versions: " + std::move(why)};
}

bool is_page(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  return url && (url->scheme() == "http" || url->scheme() == "https") && !url->host().empty() &&
         !url->has_userinfo();
}

FieldResult<void> check(const json::object& values) {
  const std::string address(values.at("address").as_string());
  if (address.empty() && !values.at("enabled").as_bool()) return {};
  if (is_page(address)) return {};
  return FieldError{
      "address", {ErrorKind::invalid, "address must be an http:// or https:// address without a password"}};
}

/// A text that is missing is empty.
Result<std::string> text_in(const json::object& object, std::string_view name, std::size_t most) {
  const auto* value = object.if_contains(name);
  if (!value) return std::string();
  if (!value->is_string() || value->get_string().size() > most)
    return wrong(fmt::format("{} is no text of at most {} bytes", name, most));
  std::string text(value->get_string());
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

Result<std::optional<AnnouncedVersion>> read_one(const json::object& feed, std::string_view name) {
  const auto* value = feed.if_contains(name);
  if (!value) return std::optional<AnnouncedVersion>();
  const auto* object = value->if_object();
  if (!object) return wrong(fmt::format("{} is no object", name));
  constexpr std::size_t longest_version = 32;
  const auto version = text_in(*object, "version", longest_version);
  if (!version) return version.error();
  const auto number = ProgramVersion::from(*version);
  if (!number) return wrong(fmt::format("the version of {} is not like 1.2.3", name));
  auto notes = text_in(*object, "notes", UpdateFeed::most_notes);
  if (!notes) return notes.error();
  auto url = text_in(*object, "url", UpdateFeed::most_url);
  if (!url) return url.error();
  // Clients may make a link of it.
  if (!url->empty() && !is_page(*url)) return wrong(fmt::format("the url of {} is none", name));
  return std::optional(AnnouncedVersion{*number, *std::move(notes), *std::move(url)});
}

}  // namespace

SettingSection updates_section() {
  return {
      "updates",
      "newer versions of server and client are looked for; they are told, not installed",
      {flag_setting("enabled", false, "whether they are"),
       text_setting("address", "", longest_address, "http:// or https:// address of the list of versions"),
       number_setting("period", day, 1, month, "minutes from one look at it to the next")},
      check};
}

Result<UpdateFeed> read_update_feed(std::string_view text) {
  if (!base::is_utf8(text)) return wrong("it is not UTF-8");
  json::error_code failure;
  const auto value = json::parse(text, failure);
  if (failure || !value.is_object()) return wrong("it is no JSON object");
  auto server = read_one(value.get_object(), "server");
  if (!server) return server.error();
  auto client = read_one(value.get_object(), "client");
  if (!client) return client.error();
  if (!*server && !*client) return wrong("it names neither server nor client");
  return UpdateFeed{*std::move(server), *std::move(client)};
}

}  // namespace watchrig::central
