#pragma once

#include "system/media/rtsp_client.hpp"
#include "system/storage/recording_export.hpp"

namespace watchrig::storage {

/// What of a device's own recording is to be written.
struct DeviceExport {
  media::RtspClient::Options client;  ///< with the address that plays it
  base::UtcTime from, to;             ///< by the device's clock
  base::Duration clock_ahead{};       ///< of the device against ours; what is told is by ours
};

/// Told the time of what comes; false breaks off.
using FetchProgress = std::function<bool(base::UtcTime)>;

/// Has a device play what it has recorded in [from, to), as fast as it can, and writes it as MP4 to `path`,
/// cut exactly by an edit list. Blocks the calling thread until it is done. Errors: not_found (the device
/// played nothing of this time), invalid (it does not say when its pictures were taken, or plays what was not
/// asked for), cancelled (by `reached`), io, those of RtspClient::start. That it broke off is no error: see
/// ExportSummary::to.
base::Result<ExportSummary> export_from_device(const base::Clock& clock, DeviceExport wanted,
                                               const std::filesystem::path& path,
                                               const FetchProgress& reached = {});

}  // namespace watchrig::storage
