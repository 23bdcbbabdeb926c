#pragma once

#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// The routes of each subject, under /api/v1 but for health and metrics. The parts outlive the router.
void add_account_routes(http::Router& router, ServerParts& parts);
void add_session_routes(http::Router& router, ServerParts& parts);
void add_user_routes(http::Router& router, ServerParts& parts);
/// Accounts of ONVIF clients.
void add_onvif_account_routes(http::Router& router, ServerParts& parts);
/// The server as an ONVIF device, at /onvif.
void add_onvif_face(http::Router& router, ServerParts& parts);
void add_settings_routes(http::Router& router, ServerParts& parts);
void add_system_routes(http::Router& router, ServerParts& parts);
/// What the server has to tell its operators, and its clearing.
void add_information_routes(http::Router& router, ServerParts& parts);
/// What the server does in the background.
void add_task_routes(http::Router& router, ServerParts& parts);
/// Versions, legal texts.
void add_about_routes(http::Router& router, ServerParts& parts);
void add_licence_routes(http::Router& router, ServerParts& parts);
/// Upgrades of the server itself.
void add_upgrade_routes(http::Router& router, ServerParts& parts);
/// Sounds that alarms can play.
void add_voice_routes(http::Router& router, ServerParts& parts);
/// Large files on their way in.
void add_upload_routes(http::Router& router, ServerParts& parts);
/// Export and import of the whole configuration.
void add_configuration_routes(http::Router& router, ServerParts& parts);
/// Restart, shutdown and factory default.
void add_power_routes(http::Router& router, ServerParts& parts);
void add_device_routes(http::Router& router, ServerParts& parts);
/// Before those of single devices, whose paths would take these for ids.
void add_device_table_routes(http::Router& router, ServerParts& parts);
/// Likewise.
void add_adding_routes(http::Router& router, ServerParts& parts);
void add_device_batch_routes(http::Router& router, ServerParts& parts);
/// Views, view groups, video groups, maps and their icons.
void add_layout_routes(http::Router& router, ServerParts& parts);
void add_area_routes(http::Router& router, ServerParts& parts);
/// Which devices there are that could be added.
void add_discovery_routes(http::Router& router, ServerParts& parts);
/// Addresses and ports of devices, before those of single devices.
void add_address_routes(http::Router& router, ServerParts& parts);
/// Devices that connect to the server.
void add_device_registration_routes(http::Router& router, ServerParts& parts);
void add_channel_routes(http::Router& router, ServerParts& parts);
/// How the devices code their streams.
void add_encoder_routes(http::Router& router, ServerParts& parts);
void add_overlay_routes(http::Router& router, ServerParts& parts);
void add_name_routes(http::Router& router, ServerParts& parts);
void add_imaging_routes(http::Router& router, ServerParts& parts);
/// Whose certificate is believed when the server connects to a device by TLS.
void add_device_certificate_routes(http::Router& router, ServerParts& parts);
void add_io_routes(http::Router& router, ServerParts& parts);
void add_talk_routes(http::Router& router, ServerParts& parts);
/// Turning cameras.
void add_ptz_routes(http::Router& router, ServerParts& parts);
void add_ptz_preset_routes(http::Router& router, ServerParts& parts);
void add_ptz_tour_routes(http::Router& router, ServerParts& parts);
void add_channel_table_routes(http::Router& router, ServerParts& parts);
void add_lockout_routes(http::Router& router, ServerParts& parts);
void add_record_plan_routes(http::Router& router, ServerParts& parts);
void add_recording_routes(http::Router& router, ServerParts& parts);
void add_export_routes(http::Router& router, ServerParts& parts);
void add_recording_lock_routes(http::Router& router, ServerParts& parts);
void add_recording_volume_routes(http::Router& router, ServerParts& parts);
/// What devices have recorded themselves.
void add_device_recording_routes(http::Router& router, ServerParts& parts);
void add_storage_server_routes(http::Router& router, ServerParts& parts);
void add_event_routes(http::Router& router, ServerParts& parts);
void add_log_routes(http::Router& router, ServerParts& parts);
void add_alarm_routes(http::Router& router, ServerParts& parts);
void add_certificate_routes(http::Router& router, ServerParts& parts);
void add_access_routes(http::Router& router, ServerParts& parts);
void add_service_routes(http::Router& router, ServerParts& parts);
void add_https_routes(http::Router& router, ServerParts& parts);
void add_live_routes(http::Router& router, ServerParts& parts);
void add_snapshot_routes(http::Router& router, ServerParts& parts);
void add_network_routes(http::Router& router, ServerParts& parts);
/// What makes the server known outside of its network.
void add_network_app_routes(http::Router& router, ServerParts& parts);
void add_trace_routes(http::Router& router, ServerParts& parts);
void add_schedule_routes(http::Router& router, ServerParts& parts);
/// The steps of a fresh server's set-up, each made of requests to other routes.
void add_wizard_routes(http::Router& router, ServerParts& parts);
void add_time_routes(http::Router& router, ServerParts& parts);
void add_mail_routes(http::Router& router, ServerParts& parts);
void add_password_reset_routes(http::Router& router, ServerParts& parts);
void add_protection_routes(http::Router& router, ServerParts& parts);

/// All of them, behind the gate, and the description of the interface.
void add_routes(http::Router& router, ServerParts& parts);

/// GET /api/v1/openapi.json: an OpenAPI 3 document made of the routes that were added before.
void add_openapi_route(http::Router& router);

}  // namespace watchrig::api
