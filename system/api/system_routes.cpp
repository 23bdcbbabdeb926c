#include <unistd.h>

#include "system/api/audit.hpp"
#include "system/api/client_notes.hpp"
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

std::string scrape(ServerParts& parts) {
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
  add_record_plan_routes(router, parts);
  add_recording_routes(router, parts);
  add_export_routes(router, parts);
  add_recording_lock_routes(router, parts);
  add_recording_volume_routes(router, parts);
  add_storage_server_routes(router, parts);
  add_event_routes(router, parts);
  add_log_routes(router, parts);
  add_alarm_routes(router, parts);
  add_device_recording_routes(router, parts);
  add_live_routes(router, parts);
  add_snapshot_routes(router, parts);
  add_talk_routes(router, parts);
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
  note_clients(router, parts);
  audit(router, parts);
  once_for_each_key(router, std::make_shared<KeptAnswers>(parts.clock, parts.data / "answers.db"));
}

}  // namespace watchrig::api
