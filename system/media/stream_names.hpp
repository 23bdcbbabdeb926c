#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace watchrig::media {

/// The streams that a channel may have: main stream, sub stream 1 and sub stream 2 (IVSS 7.1.1.3.3). Whatever
/// there is once a stream is held under these names; a further stream is a further name here.
inline constexpr std::array<std::string_view, 3> stream_names{"main", "sub", "sub2"};
inline constexpr std::string_view main_stream = stream_names.front();

constexpr bool is_stream_name(std::string_view name) {
  return std::find(stream_names.begin(), stream_names.end(), name) != stream_names.end();
}

}  // namespace watchrig::media
