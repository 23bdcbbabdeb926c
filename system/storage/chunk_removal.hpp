#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "system/storage/chunk_index.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

/// Takes single chunks away: out of the index, and then the blocks of their payload from their segments, so
/// that after a crash in between nothing but space is lost, until the segment goes. The writer's thread.
class ChunkRemoval {
 public:
  /// Tries with a file of its own whether the file system gives back parts of files.
  ChunkRemoval(std::filesystem::path directory, std::shared_ptr<ChunkIndex> index,
               std::shared_ptr<VolumeFiles> files);

  /// Errors: of the index; then all of them stay.
  base::Result<> remove(std::vector<IndexedChunk> chunks);
  /// Some file systems give back whole files only.
  bool gives_back() const { return gives_back_; }

 private:
  /// By segments, how many bytes.
  std::map<std::uint64_t, std::uint64_t> give_back(const std::vector<IndexedChunk>& chunks);

  const std::filesystem::path directory_;
  const std::shared_ptr<ChunkIndex> index_;
  const std::shared_ptr<VolumeFiles> files_;
  bool gives_back_ = true;
};

}  // namespace watchrig::storage
