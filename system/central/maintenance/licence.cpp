#include "system/central/maintenance/licence.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view title = "WATCHRIG-LICENCE";
constexpr std::string_view never = "never";
constexpr std::int64_t most_channels = 100'000;

Error wrong(std::string_view field, std::string_view value) {
  return {ErrorKind::corrupt,
          fmt::format("the licence cannot be used: {} is \"{}\"", field, value.substr(0, 64))};
}

Result<> read_times(const SignedText& text, Licence& licence) {
  const auto issued = base::parse_utc(text.value("issued"));
  if (!issued) return wrong("issued", text.value("issued"));
  licence.issued = *issued;
  const auto until = text.value("expires");
  if (until == never) return {};
  const auto expires = base::parse_utc(until);
  if (!expires) return wrong("expires", until);
  licence.expires = *expires;
  return {};
}

}  // namespace

std::string_view to_string(LicenceBinding binding) {
  return binding == LicenceBinding::software ? "software" : "dongle";
}

std::optional<LicenceBinding> licence_binding_from(std::string_view text) {
  for (const auto binding : {LicenceBinding::software, LicenceBinding::dongle})
    if (text == to_string(binding)) return binding;
  return std::nullopt;
}

Result<Licence> read_licence(std::string_view file, const MakerKey& maker) {
  const auto text = read_signed_text(file, title, maker);
  if (!text) return text.error();
  Licence licence;
  licence.id = text->value("id");
  if (licence.id.empty()) return wrong("id", {});
  const auto binding = licence_binding_from(text->value("encryption"));
  if (!binding) return wrong("encryption", text->value("encryption"));
  licence.binding = *binding;
  licence.fingerprint = text->value("fingerprint");
  const auto algorithms = text->value("algorithms");
  for (const auto name : base::split(algorithms, ','))
    if (!base::trim(name).empty()) licence.algorithms.emplace_back(base::trim(name));
  const auto channels = base::parse_number<std::int64_t>(text->value("channels"));
  if (!channels || *channels < 0 || *channels > most_channels)
    return wrong("channels", text->value("channels"));
  licence.channels = *channels;
  if (auto times = read_times(*text, licence); !times) return times.error();
  return licence;
}

}  // namespace watchrig::central
