#include "system/central/voices/voice_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/devices/device.hpp"
#include "system/platform/data_folder.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view ending = ".pcm";
/// With which files begin that are sound, but not raw samples.
constexpr std::string_view headers[] = {"RIFF", "FORM", "ID3", "OggS", "fLaC", ".snd", "#!AMR"};

bool ends_well(std::string_view name) {
  return name.size() > ending.size() &&
         base::equal_ignoring_case(name.substr(name.size() - ending.size()), ending);
}

FieldError refuse(std::string field, ErrorKind kind, std::string message) {
  return {std::move(field), {kind, std::move(message)}};
}

FieldResult<void> check_content(std::string_view content) {
  const auto size = static_cast<std::int64_t>(content.size());
  if (size < VoiceFiles::least_bytes || size > VoiceFiles::most_bytes) {
    return refuse("file", ErrorKind::invalid,
                  fmt::format("a voice file has 2 KB to 10 MB, not {} bytes", size));
  }
  if (std::ranges::any_of(headers, [&](std::string_view header) { return content.starts_with(header); })) {
    return refuse("file", ErrorKind::invalid,
                  "this is no raw PCM: it begins with the header of another format; convert it, for example "
                  "by ffmpeg -i FILE -f s16le -ar 8000 -ac 1 FILE.pcm");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<VoiceFiles>> VoiceFiles::open(const fs::path& folder) {
  if (auto made = platform::make_folder(folder, fs::perms::owner_all); !made) return made.error();
  std::unique_ptr<VoiceFiles> voices(new VoiceFiles(folder));
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    const auto name = it->path().filename().string();
    if (it->is_regular_file(failure) && ends_well(name))
      voices->sizes_[name] = static_cast<std::int64_t>(it->file_size(failure));
  }
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", folder.string(), failure.message())};
  return voices;
}

std::vector<VoiceFile> VoiceFiles::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<VoiceFile> list;
  for (const auto& [name, bytes] : sizes_) list.push_back({name, bytes});
  return list;
}

FieldResult<void> VoiceFiles::check_name(const std::string& name) const {
  if (!ends_well(name))
    return refuse("name", ErrorKind::invalid, "only .pcm files are taken: the name must end with .pcm");
  if (!is_name(name) || name.front() == '.' || name.find('/') != std::string::npos) {
    return refuse("name", ErrorKind::invalid,
                  "a name has up to 63 bytes, no control characters, no \"/\" and no dot in front");
  }
  if (sizes_.contains(name))
    return refuse("name", ErrorKind::conflict, fmt::format("there is a voice file \"{}\" already", name));
  return {};
}

Result<> VoiceFiles::check_there(const std::string& name) const {
  if (sizes_.contains(name)) return {};
  return Error{ErrorKind::not_found, fmt::format("there is no voice file \"{}\"", name)};
}

FieldResult<VoiceFile> VoiceFiles::add(const std::string& name, std::string_view content) {
  const std::lock_guard lock(mutex_);
  if (auto valid = check_name(name); !valid) return valid.error();
  if (auto valid = check_content(content); !valid) return valid.error();
  auto total = static_cast<std::int64_t>(content.size());
  for (const auto& [other, bytes] : sizes_) total += bytes;
  if (total > most_total)
    return refuse("file", ErrorKind::full, "all voice files together have at most 200 MB: remove some");
  if (auto written = platform::write_text_file(folder_ / name, content); !written)
    return FieldError{{}, written.error()};
  sizes_[name] = static_cast<std::int64_t>(content.size());
  return VoiceFile{name, sizes_[name]};
}

FieldResult<VoiceFile> VoiceFiles::rename(const std::string& name, const std::string& new_name) {
  const std::lock_guard lock(mutex_);
  if (auto there = check_there(name); !there) return FieldError{{}, there.error()};
  if (auto valid = check_name(new_name); !valid) return valid.error();
  std::error_code failure;
  fs::rename(folder_ / name, folder_ / new_name, failure);
  if (failure) return refuse({}, ErrorKind::io, fmt::format("{}: {}", name, failure.message()));
  const auto bytes = sizes_.at(name);
  sizes_.erase(name);
  sizes_[new_name] = bytes;
  return VoiceFile{new_name, bytes};
}

Result<> VoiceFiles::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (auto there = check_there(name); !there) return there;
  std::error_code failure;
  fs::remove(folder_ / name, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", name, failure.message())};
  sizes_.erase(name);
  return {};
}

Result<std::string> VoiceFiles::content(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  if (auto there = check_there(name); !there) return there.error();
  std::ifstream input(folder_ / name, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(input), {}};
  if (!input.is_open() || input.bad())
    return Error{ErrorKind::io, fmt::format("voice file \"{}\" cannot be read", name)};
  return bytes;
}

}  // namespace watchrig::central
