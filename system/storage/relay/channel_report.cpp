#include "system/storage/relay/channel_report.hpp"

namespace watchrig::storage {

namespace {

using Stream = ChannelStatus::Stream;

template <class Number>
std::int64_t number(Number value) {
  return static_cast<std::int64_t>(value);
}

std::int64_t microseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

platform::StreamReception reception(const media::RtpReceiverStats& rtp) {
  platform::StreamReception told;
  told.packets = number(rtp.packets);
  told.lost = number(rtp.lost);
  told.duplicates = number(rtp.duplicates);
  told.late = number(rtp.late);
  told.reordered = number(rtp.reordered);
  told.malformed = number(rtp.malformed);
  told.strangers = number(rtp.strangers);
  told.damaged_units = number(rtp.damaged_units);
  told.reanchored = number(rtp.reanchored);
  told.jitter_us = microseconds(rtp.jitter);
  if (rtp.clock_offset) told.clock_offset_us = microseconds(*rtp.clock_offset);
  told.clock_drift_ppm = rtp.clock_drift_ppm;
  return told;
}

platform::StreamReport stream_report(const std::string& name, const Stream& stream,
                                     const RecorderStats* recorder) {
  platform::StreamReport told;
  told.name = name;
  told.state = devices::to_string(stream.source.state);
  told.cause = stream.source.cause;
  told.connections = number(stream.source.connections);
  told.attempts = number(stream.source.attempts);
  told.readers = number(stream.relay.readers);
  told.units = number(stream.relay.units);
  told.bytes = number(stream.relay.bytes);
  told.fps = stream.relay.frames_per_second;
  told.rtp = reception(stream.source.rtp);
  if (stream.source.connections > 0) {
    told.codec = media::to_string(stream.source.video.codec);
    told.width = stream.source.video.width;
    told.height = stream.source.video.height;
  }
  auto& lost = stream.source.loss_place == "device" ? told.drops.device : told.drops.network;
  lost = number(stream.source.rtp.damaged_units);
  told.drops.server = number(stream.relay.dropped + (recorder ? recorder->dropped_server : 0));
  told.drops.disk = recorder ? number(recorder->dropped_disk) : 0;
  return told;
}

struct StreamGauge {
  const char* name;
  const char* help;
  double (*value)(const Stream& stream);
};

constexpr StreamGauge stream_gauges[] = {
    {"watchrig_stream_online", "1 while pictures come from the device",
     [](const Stream& s) { return s.source.state == devices::SourceState::online ? 1.0 : 0.0; }},
    {"watchrig_stream_connections_total", "Connections that led to pictures",
     [](const Stream& s) { return static_cast<double>(s.source.connections); }},
    {"watchrig_stream_attempts_total", "Attempts to connect",
     [](const Stream& s) { return static_cast<double>(s.source.attempts); }},
    {"watchrig_stream_units_total", "Access units received whole",
     [](const Stream& s) { return static_cast<double>(s.relay.units); }},
    {"watchrig_stream_bytes_total", "Payload bytes of these units",
     [](const Stream& s) { return static_cast<double>(s.relay.bytes); }},
    {"watchrig_stream_readers", "Viewers and recorders now",
     [](const Stream& s) { return static_cast<double>(s.relay.readers); }},
    {"watchrig_stream_reader_drops_total", "Units lost by slow readers: place server",
     [](const Stream& s) { return static_cast<double>(s.relay.dropped); }},
    {"watchrig_stream_lost_packets_total", "RTP packets that did not come",
     [](const Stream& s) { return static_cast<double>(s.source.rtp.lost); }},
    {"watchrig_stream_damaged_units_total", "Access units damaged by lost packets",
     [](const Stream& s) { return static_cast<double>(s.source.rtp.damaged_units); }},
};

}  // namespace

platform::ChannelReport report_of(const RelayChannel& channel) {
  const auto status = channel.status();
  platform::ChannelReport told;
  told.channel = channel.id();
  told.recorded = status.recorded_stream;
  told.recording = to_string(status.recording);
  told.recording_cause = status.recording_cause;
  told.units = number(status.recorder.units);
  told.committed_units = number(status.recorder.committed_units);
  for (const auto& [name, stream] : status.streams) {
    const auto* recorder = name == status.recorded_stream ? &status.recorder : nullptr;
    told.streams.push_back(stream_report(name, stream, recorder));
  }
  return told;
}

void copy_to_metrics(const RelayChannel& channel, base::CollectedGauges& gauges) {
  const auto status = channel.status();
  base::Labels labels{{"channel", channel.id()}, {"name", channel.name()}};
  gauges.set("watchrig_channel_recording", "1 while units reach the recorder", labels,
             status.recording == RecordingState::recording ? 1 : 0);
  gauges.set("watchrig_channel_should_record", "1 while a plan asks for it", labels,
             status.recording == RecordingState::stopped ? 0 : 1);
  for (const auto& [name, stream] : status.streams) {
    labels["stream"] = name;
    for (const StreamGauge& gauge : stream_gauges)
      gauges.set(gauge.name, gauge.help, labels, gauge.value(stream));
  }
}

}  // namespace watchrig::storage
