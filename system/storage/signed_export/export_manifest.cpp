#include "system/storage/signed_export/export_manifest.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

namespace watchrig::storage {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;

std::string write_manifest(const ExportManifest& manifest) {
  return json::serialize(json::value_from(manifest));
}

base::Result<ExportManifest> parse_manifest(std::string_view text) {
  const Error none{ErrorKind::invalid, "it is no manifest of an export"};
  boost::system::error_code failure;
  const auto value = json::parse(text, failure);
  const auto* object = failure ? nullptr : value.if_object();
  const auto* format = object ? object->if_contains("format") : nullptr;
  if (!format || *format != json::value(export_form)) return none;
  const auto* version = object->if_contains("version");
  if (!version || *version != json::value(export_version))
    return Error{ErrorKind::unsupported, "the export is of a newer form than this program reads"};
  auto manifest = json::try_value_to<ExportManifest>(value);
  if (!manifest || manifest->piece_bytes != piece_bytes) return none;
  return *std::move(manifest);
}

}  // namespace watchrig::storage
