#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/frame_rate.hpp"
#include "system/media/picture.hpp"

namespace watchrig::media {

/// One coded picture or audio frame of a file.
struct FilePacket {
  std::uint16_t track = 0;  ///< index into presentation()
  bool key = false;
  bool hidden = false;   ///< outside the file's edit list: needed for decoding, not shown
  base::Duration pts{};  ///< from the file's start
  base::Duration dts{};
  base::Bytes payload;  ///< in the form that AccessUnit has
};

/// What FilePacket::payload holds for H.264 and H.265.
enum class FilePayload {
  as_stored,    ///< the sample of the file; exactly its bytes when that is an MP4 with 4-byte lengths
  as_streamed,  ///< as cameras send it: parameter sets in front of key pictures that have none
};

/// Reads MP4, AVI, Matroska, TS and whatever else libavformat knows. One thread at a time. A local file only:
/// no playlists and no network.
class MediaFileReader {
 public:
  static base::Result<MediaFileReader> open(const std::filesystem::path& path,
                                            FilePayload payload = FilePayload::as_stored);
  MediaFileReader(MediaFileReader&&) noexcept;
  MediaFileReader& operator=(MediaFileReader&&) noexcept;
  ~MediaFileReader();

  /// The tracks whose packets next_packet() can give: those with a Codec. May be empty although pictures()
  /// work.
  const Presentation& presentation() const;
  FrameRate frame_rate() const;  ///< of the first video track
  int width() const;             ///< of the first video track, 0 without one
  int height() const;
  bool has_reordered_pictures() const;  ///< B-frames: decoding order is not showing order

  /// The next packet of any track of presentation(); nothing at the end. Do not mix with next_picture().
  base::Result<std::optional<FilePacket>> next_packet();
  /// The next picture of the first video track, decoded, hidden ones left out; nothing at the end.
  base::Result<std::optional<Picture>> next_picture();
  /// Back to the first packet.
  base::Result<void> rewind();

 private:
  struct State;
  explicit MediaFileReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace watchrig::media
