#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

#include <fmt/format.h>

#include "system/api/gate.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/uploads.hpp"

namespace watchrig::api {

namespace fs = std::filesystem;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

struct Upload {
  std::string_view name;
  std::int64_t most;         ///< bytes
  central::Authority right;  ///< not narrowed
  /// While it is going on, the server does not end.
  std::optional<central::UpgradeKind> upgrade = std::nullopt;
};
constexpr std::int64_t mebi = 1 << 20;
constexpr Upload uploads[] = {
    {"configuration", 64 * mebi, central::Authority::system},
    {"devices", 64 * mebi, central::Authority::devices},
    {"licence", central::SignedText::most_bytes, central::Authority::system},
    {"update", 257 * mebi, central::Authority::system, central::UpgradeKind::update},
    {"system", 257 * mebi, central::Authority::system, central::UpgradeKind::system},
    {"module", 257 * mebi, central::Authority::system, central::UpgradeKind::module},
    {"voice", 16 * mebi, central::Authority::system}};

const Upload* upload_of(const Request& request) {
  const auto* found = std::ranges::find(uploads, request.param("upload"), &Upload::name);
  return found == std::end(uploads) ? nullptr : found;
}

Response unknown(const Request& request) {
  return http::error_response(404, "not_found", {},
                              fmt::format("nothing called \"{}\" is uploaded", request.param("upload")));
}

std::optional<Response> refuse(ServerParts& parts, const Request& request, const Upload* upload) {
  if (!upload) return unknown(request);
  if (parts.central.accounts().rights(request.account)->may_everywhere(upload->right)) return std::nullopt;
  return http::error_response(403, "denied", {},
                              fmt::format("this needs the authority \"{}\"", to_string(upload->right)));
}

/// Who has begun each upload, so that the pieces of two people do not become one file.
struct Beginners {
  std::mutex mutex;  ///< one piece at a time
  std::map<std::string_view, std::string> accounts;
};

/// Appends, or begins anew at 0: a client that has lost an answer asks where to go on by sending again.
Response put(ServerParts& parts, const Request& request, Beginners& beginners) {
  const Upload* upload = upload_of(request);
  if (auto refusal = refuse(parts, request, upload)) return *std::move(refusal);
  const auto offset = number_of(request, "offset", 0, 0, upload->most);
  if (!offset) return error_response(offset.error());
  const std::lock_guard lock(beginners.mutex);
  auto& beginner = beginners.accounts[upload->name];
  if (*offset == 0) beginner = request.account;
  if (!beginner.empty() && beginner != request.account) {
    return http::error_response(
        409, "conflict", "offset",
        fmt::format("\"{}\" has begun this upload anew: begin yours with offset=0 after it", beginner));
  }
  const auto file = upload_file(parts, upload->name);
  std::error_code missing;
  const auto size = fs::file_size(file, missing);
  const auto present = missing ? 0 : static_cast<std::int64_t>(size);
  if (*offset != 0 && *offset != present)
    return http::error_response(409, "conflict", "offset", fmt::format("go on with offset={}", present));
  const auto after = *offset + static_cast<std::int64_t>(request.body.size());
  if (after > upload->most) {
    return http::error_response(413, "full", "offset",
                                fmt::format("{} is at most {} bytes", upload->name, upload->most));
  }
  std::ofstream output(file, std::ios::binary | (*offset == 0 ? std::ios::trunc : std::ios::app));
  std::error_code ignored;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, ignored);
  output << request.body << std::flush;
  if (!output)
    return http::error_response({base::ErrorKind::full, "the upload cannot be written: is the disk full?"});
  if (upload->upgrade) parts.upgrades.note_upload(*upload->upgrade);
  return http::json_response(200, json::object{{"size", after}});
}

Response withdraw(ServerParts& parts, const Request& request) {
  const Upload* upload = upload_of(request);
  if (auto refusal = refuse(parts, request, upload)) return *std::move(refusal);
  forget_upload(parts, upload->name);
  if (upload->upgrade) parts.upgrades.end_upload(*upload->upgrade);
  return http::no_content();
}

}  // namespace

base::Result<std::string> uploaded(const ServerParts& parts, std::string_view name) {
  std::ifstream input(upload_file(parts, name), std::ios::binary);
  if (input) return std::string{std::istreambuf_iterator<char>(input), {}};
  return base::Error{base::ErrorKind::conflict,
                     fmt::format("nothing was uploaded: PUT /api/v1/system/uploads/{} first", name)};
}

void forget_upload(const ServerParts& parts, std::string_view name) {
  std::error_code ignored;
  fs::remove(upload_file(parts, name), ignored);
}

fs::path upload_file(const ServerParts& parts, std::string_view name) {
  return parts.scratch / fmt::format("upload-{}", name);
}

void add_upload_routes(http::Router& router, ServerParts& parts) {
  const auto beginners = std::make_shared<Beginners>();
  router
      .add("PUT", "/api/v1/system/uploads/{upload}", {signed_in, false, false},
           "Takes a large file (configuration, devices, licence, system, update, module, voice) in pieces of "
           "at most 1 MiB, one "
           "after the "
           "other; the first begins it anew",
           on_workers(parts, [beginners](ServerParts& all,
                                         const Request& request) { return put(all, request, *beginners); }))
      .query = {{"offset", "bytes that were sent before, 0 without it", "integer"}};
  router.add("DELETE", "/api/v1/system/uploads/{upload}", {signed_in, false, false},
             "Withdraws what was uploaded so far", on_workers(parts, withdraw));
}

}  // namespace watchrig::api
