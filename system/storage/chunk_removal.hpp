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
  ChunkRemoval(std::filesystem::path directory, std::shared_ptr<ChunkIndex> index,
               std::shared_ptr<VolumeFiles> files)
      : directory_(std::move(directory)), index_(std::move(index)), files_(std::move(files)) {}

  /// Errors: of the index; then all of them stay.
  base::Result<> remove(const std::vector<IndexedChunk>& chunks);
  /// Some file systems give back whole files only. Assumed until one has refused.
  bool gives_back() const { return gives_back_; }

 private:
  void give_back(const std::vector<IndexedChunk>& chunks);

  const std::filesystem::path directory_;
  const std::shared_ptr<ChunkIndex> index_;
  const std::shared_ptr<VolumeFiles> files_;
  bool gives_back_ = true;
};

}  // namespace watchrig::storage
