#pragma once

#include "system/central/event_log.hpp"
#include "system/storage/signed_export/export_queue.hpp"

namespace watchrig::api {

/// Tells, of each channel, who has exported what is recorded of it; or why that has failed.
void tell_export(central::EventLog& events, const storage::ExportJob& job);

}  // namespace watchrig::api
