#include "scenarios/engine/exported_media.hpp"

#include <optional>

#include "system/media/media_file_reader.hpp"

namespace watchrig::scenarios {

base::Result<ExportedMedia> read_export(const std::filesystem::path& file) {
  auto reader = media::MediaFileReader::open(file);
  if (!reader) return reader.error();
  ExportedMedia media;
  std::optional<std::uint16_t> video;
  const auto& tracks = reader->presentation();
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!media::is_video(tracks[i].codec)) media.audio = true;
    if (media::is_video(tracks[i].codec) && !video) video = static_cast<std::uint16_t>(i);
  }
  if (!video) {
    return base::Error{base::ErrorKind::invalid,
                       file.filename().string() + " has no video that can be compared"};
  }
  for (;;) {
    auto packet = reader->next_packet();
    if (!packet) return packet.error();
    if (!*packet) return media;
    if ((*packet)->track != *video || (*packet)->hidden) continue;
    if (media.digests.empty()) {
      media.first_pts = (*packet)->pts;
    } else if ((*packet)->pts <= media.last_pts) {
      media.ascending = false;
    }
    media.last_pts = (*packet)->pts;
    media.digests.push_back(media::digest((*packet)->payload));
  }
}

}  // namespace watchrig::scenarios
