#include "system/storage/channel_recorder.hpp"

#include "system/storage/chunk_queue.hpp"

namespace watchrig::storage {

ChannelRecorder::ChannelRecorder(std::shared_ptr<ChunkQueue> queue, std::shared_ptr<RecorderFeed> feed)
    : queue_(std::move(queue)), feed_(std::move(feed)) {}

ChannelRecorder::~ChannelRecorder() { close(); }

bool ChannelRecorder::push(media::AccessUnitPtr unit) { return queue_->push(feed_, std::move(unit)); }

void ChannelRecorder::present(media::Presentation presentation) {
  queue_->present(feed_, std::move(presentation));
}

void ChannelRecorder::mark(platform::RecordingTypes types) { queue_->mark(feed_, types); }

void ChannelRecorder::close() { queue_->close(feed_); }

RecorderStats ChannelRecorder::stats() const { return queue_->stats(*feed_); }

}  // namespace watchrig::storage
