#include "reports/model/record_codec.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "system/base/utf8.hpp"

namespace watchrig::reports::codec {
namespace {

/// Three digits behind the point when they are exact, else six or nine.
std::string shortest_utc(base::UtcTime time) {
  const auto fraction = time.time_since_epoch().count() % 1'000'000'000;
  return base::format_utc(time, fraction % 1'000'000 == 0 ? 3 : fraction % 1'000 == 0 ? 6 : 9);
}

template <class Enum>
bool read_word(Reader& reader, const json::value& from, Enum& value,
               std::optional<Enum> (*parse)(std::string_view), const char* expected) {
  const json::string* text = from.if_string();
  const auto parsed = text ? parse(*text) : std::nullopt;
  if (!parsed) return reader.fail(expected, from);
  value = *parsed;
  return true;
}

}  // namespace

bool Reader::fail(const char* expected, const json::value& found) {
  std::string what = json::serialize(found);
  if (what.size() > 60) what = what.substr(0, 57) + "...";
  problem = fmt::format("expected {}, found {}", expected, valid_utf8(what));
  return false;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    valid += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

json::value write(const std::string& text) { return json::value(valid_utf8(text)); }
json::value write(bool value) { return value; }
json::value write(int value) { return value; }
json::value write(std::uint64_t value) { return value; }
json::value write(double value) { return std::isfinite(value) ? json::value(value) : json::value(); }
json::value write(base::UtcTime time) { return json::value(shortest_utc(time)); }
json::value write(Verdict verdict) { return json::value(to_string(verdict)); }
json::value write(EvidenceKind kind) { return json::value(to_string(kind)); }
json::value write(Tone tone) { return json::value(to_string(tone)); }
json::value write(const Point& point) { return json::array{write(point.time), write(point.value)}; }

bool read(Reader& reader, const json::value& from, std::string& text) {
  if (!from.is_string()) return reader.fail("text", from);
  text = from.get_string();
  return true;
}

bool read(Reader& reader, const json::value& from, bool& value) {
  if (!from.is_bool()) return reader.fail("true or false", from);
  value = from.get_bool();
  return true;
}

bool read(Reader& reader, const json::value& from, int& value) {
  boost::system::error_code error;
  const int number = from.to_number<int>(error);
  if (error) return reader.fail("a whole number", from);
  value = number;
  return true;
}

bool read(Reader& reader, const json::value& from, std::uint64_t& value) {
  boost::system::error_code error;
  const auto number = from.to_number<std::uint64_t>(error);
  if (error) return reader.fail("a whole number, not negative", from);
  value = number;
  return true;
}

bool read(Reader& reader, const json::value& from, double& value) {
  boost::system::error_code error;
  if (from.is_null()) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const auto number = from.to_number<double>(error);
  if (error) return reader.fail("a number", from);
  value = number;
  return true;
}

bool read(Reader& reader, const json::value& from, base::UtcTime& time) {
  const json::string* text = from.if_string();
  const auto parsed = base::parse_utc(text ? std::string_view(*text) : std::string_view());
  if (!parsed) return reader.fail("a time like 2026-01-31T12:00:00.000Z", from);
  time = *parsed;
  return true;
}

bool read(Reader& reader, const json::value& from, Verdict& verdict) {
  return read_word(reader, from, verdict, parse_verdict,
                   "one of pass, pass-with-note, skip, inconclusive, fail, harness-error");
}

bool read(Reader& reader, const json::value& from, EvidenceKind& kind) {
  return read_word(reader, from, kind, parse_evidence_kind,
                   "one of log, still, video, capture, bytes, trace, metrics, ledger, other");
}

bool read(Reader& reader, const json::value& from, Tone& tone) {
  return read_word(reader, from, tone, parse_tone, "one of plain, good, warning, bad");
}

bool read(Reader& reader, const json::value& from, Point& point) {
  const json::array* pair = from.if_array();
  if (!pair || pair->size() != 2) return reader.fail("a pair of time and value", from);
  return read(reader, (*pair)[0], point.time) && read(reader, (*pair)[1], point.value);
}

}  // namespace watchrig::reports::codec
