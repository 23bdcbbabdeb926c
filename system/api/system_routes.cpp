#include <unistd.h>

#include "system/api/audit.hpp"
#include "system/api/etag.hpp"
#include "system/api/gate.hpp"
#include "system/api/idempotency.hpp"
#include "system/api/program_version.hpp"
#include "system/api/routes.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

struct StreamGauge {
  const char* name;
  const char* help;
  double (*value)(const storage::ChannelStatus::Stream&);
};

constexpr StreamGauge stream_gauges[] = {
    {"watchrig_stream_online", "1 while pictures come from the device",
     [](const auto& s) { return s.source.state == devices::SourceState::online ? 1.0 : 0.0; }},
    {"watchrig_stream_connections_total", "Connections that led to pictures",
     [](const auto& s) { return static_cast<double>(s.source.connections); }},
    {"watchrig_stream_attempts_total", "Attempts to connect",
     [](const auto& s) { return static_cast<double>(s.source.attempts); }},
    {"watchrig_stream_units_total", "Access units received whole",
     [](const auto& s) { return static_cast<double>(s.relay.units); }},
    {"watchrig_stream_bytes_total", "Payload bytes of these units",
     [](const auto& s) { return static_cast<double>(s.relay.bytes); }},
    {"watchrig_stream_readers", "Viewers and recorders now",
     [](const auto& s) { return static_cast<double>(s.relay.readers); }},
    {"watchrig_stream_reader_drops_total", "Units lost by slow readers: place server",
     [](const auto& s) { return static_cast<double>(s.relay.dropped); }},
    {"watchrig_stream_lost_packets_total", "RTP packets that did not come",
     [](const auto& s) { return static_cast<double>(s.source.rtp.lost); }},
    {"watchrig_stream_damaged_units_total", "Access units damaged by lost packets",
     [](const auto& s) { return static_cast<double>(s.source.rtp.damaged_units); }},
};

/// Values that exist elsewhere already are copied at each scrape, so that nothing is counted twice.
std::string scrape(ServerParts& parts) {
  for (const auto& channel : parts.channels.all()) {
    const auto status = channel->status();
    for (const auto& [stream, part] : status.streams) {
      const base::Labels labels{{"channel", channel->id()}, {"name", channel->name()}, {"stream", stream}};
      for (const StreamGauge& gauge : stream_gauges) {
        parts.metrics.gauge(gauge.name, gauge.help, labels).Set(gauge.value(part));
      }
    }
    const base::Labels labels{{"channel", channel->id()}, {"name", channel->name()}};
    parts.metrics.gauge("watchrig_channel_recording", "1 while units reach the recorder", labels)
        .Set(status.recording == storage::RecordingState::recording ? 1 : 0);
    parts.metrics.gauge("watchrig_channel_should_record", "1 while a plan asks for it", labels)
        .Set(status.recording == storage::RecordingState::stopped ? 0 : 1);
  }
  parts.metrics.gauge("watchrig_failed_coroutines_total", "Internal errors caught at the root of a coroutine")
      .Set(static_cast<double>(base::failed_coroutines()));
  return parts.metrics.text();
}

}  // namespace

void add_system_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/healthz", {everybody}, "Whether the server answers", [](const Request&) {
    return http::json_response(200, json::object{{"status", "ok"}});
  });
  router.add_plain("GET", metrics_path, {"system"}, "Metrics in the Prometheus text format",
                   [&parts](const Request&) {
                     Response response;
                     response.content_type = "text/plain; version=0.0.4";
                     response.body = scrape(parts);
                     return response;
                   });
  router.add_plain("GET", "/api/v1/system", {signed_in}, "Version, time and clock", [&parts](const Request&) {
    return http::json_response(200, json::object{{"version", program_version()},
                                                 {"pid", ::getpid()},
                                                 {"time", base::format_utc(parts.clock.now(), 6)},
                                                 {"started", base::format_utc(parts.started, 6)},
                                                 {"clock", base::Clock::format(parts.clock.settings())}});
  });
}

void add_routes(http::Router& router, ServerParts& parts) {
  router.set_gate(make_gate(parts));
  add_settings_routes(router, parts);
  add_system_routes(router, parts);
  add_power_routes(router, parts);
  add_upload_routes(router, parts);
  add_voice_routes(router, parts);
  add_configuration_routes(router, parts);
  add_information_routes(router, parts);
  add_task_routes(router, parts);
  add_about_routes(router, parts);
  add_licence_routes(router, parts);
  add_upgrade_routes(router, parts);
  add_account_routes(router, parts);
  add_lockout_routes(router, parts);
  add_session_routes(router, parts);
  add_user_routes(router, parts);
  add_onvif_account_routes(router, parts);
  add_device_table_routes(router, parts);
  add_adding_routes(router, parts);
  add_device_routes(router, parts);
  add_device_batch_routes(router, parts);
  add_discovery_routes(router, parts);
  add_address_routes(router, parts);
  add_device_registration_routes(router, parts);
  add_area_routes(router, parts);
  add_layout_routes(router, parts);
  add_channel_table_routes(router, parts);
  add_channel_routes(router, parts);
  add_encoder_routes(router, parts);
  add_overlay_routes(router, parts);
  add_name_routes(router, parts);
  add_imaging_routes(router, parts);
  add_io_routes(router, parts);
  add_device_certificate_routes(router, parts);
  add_ptz_routes(router, parts);
  add_ptz_preset_routes(router, parts);
  add_ptz_tour_routes(router, parts);
  add_recording_routes(router, parts);
  add_storage_server_routes(router, parts);
  add_event_routes(router, parts);
  add_log_routes(router, parts);
  add_alarm_routes(router, parts);
  add_device_recording_routes(router, parts);
  add_live_routes(router, parts);
  add_network_routes(router, parts);
  add_network_app_routes(router, parts);
  add_trace_routes(router, parts);
  add_schedule_routes(router, parts);
  add_time_routes(router, parts);
  add_mail_routes(router, parts);
  add_wizard_routes(router, parts);
  add_password_reset_routes(router, parts);
  add_protection_routes(router, parts);
  add_certificate_routes(router, parts);
  add_https_routes(router, parts);
  add_access_routes(router, parts);
  add_service_routes(router, parts);
  add_openapi_route(router);
  add_onvif_face(router, parts);  // which its service descriptions describe
  keep_versions(router);
  audit(router, parts);
  once_for_each_key(router, std::make_shared<KeptAnswers>(parts.clock, parts.data / "answers.db"));
}

}  // namespace watchrig::api
