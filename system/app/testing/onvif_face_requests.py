"""Requests to vmsd as an ONVIF device: one for each operation, and those that are refused. A part of onvif_face.py."""
from onvif_soap import PTZ, SCHEMA, SETUP, TDS, TR2, TRT, user

PROFILE = "<ProfileToken>c1-main</ProfileToken>"
DOME = "<ProfileToken>c3-main</ProfileToken>"


def velocity(x, y, zoom, more=""):
    return f'{DOME}<Velocity><tt:PanTilt {SCHEMA} x="{x}" y="{y}"/><tt:Zoom {SCHEMA} x="{zoom}"/></Velocity>{more}'


REQUESTS = [
    (TDS, "GetSystemDateAndTime", "", "pre_auth"),
    (TDS, "GetServices", "<IncludeCapability>true</IncludeCapability>", "pre_auth"),
    (TDS, "GetServiceCapabilities", "", "pre_auth"),
    (TDS, "GetCapabilities", "<Category>All</Category>", "pre_auth"),
    (TDS, "GetHostname", "", "pre_auth"),
    (TDS, "GetDeviceInformation", "", "read_system"),
    (TDS, "GetScopes", "", "read_system"),
    (TDS, "GetNetworkInterfaces", "", "read_system"),
    (TDS, "GetNetworkProtocols", "", "read_system"),
    (TDS, "GetUsers", "", "read_system_secret"),
    (TDS, "CreateUsers", user("guest", "Operator", "Comes.by.1"), "write_system"),
    (TDS, "SetUser", user("guest", "User", "Comes.by.2"), "write_system"),
    (TDS, "DeleteUsers", "<Username>guest</Username>", "write_system"),
    (TRT, "GetServiceCapabilities", "", "pre_auth"),
    (TRT, "GetProfiles", "", "read_media"),
    (TRT, "GetProfile", PROFILE, "read_media"),
    (TRT, "GetVideoSources", "", "read_media"),
    (TRT, "GetVideoSourceConfigurations", "", "read_media"),
    (TRT, "GetVideoSourceConfiguration", "<ConfigurationToken>c1</ConfigurationToken>", "read_media"),
    (TRT, "GetVideoEncoderConfigurations", "", "read_media"),
    (TRT, "GetVideoEncoderConfiguration", "<ConfigurationToken>c1-sub</ConfigurationToken>", "read_media"),
    (TRT, "GetStreamUri", SETUP + PROFILE, "read_media"),
    (TRT, "GetSnapshotUri", PROFILE, "read_media"),
    (TR2, "GetServiceCapabilities", "", "pre_auth"),
    (TR2, "GetProfiles", "<Type>All</Type>", "read_media"),
    (TR2, "GetVideoSourceConfigurations", "", "read_media"),
    (TR2, "GetVideoEncoderConfigurations", "", "read_media"),
    (TR2, "GetStreamUri", f"<Protocol>RtspUnicast</Protocol>{PROFILE}", "read_media"),
    (TR2, "GetSnapshotUri", PROFILE, "read_media"),
    (PTZ, "GetServiceCapabilities", "", "pre_auth"),
    (PTZ, "GetNodes", "", "read_media"),
    (PTZ, "GetNode", "<NodeToken>c3</NodeToken>", "read_media"),
    (PTZ, "GetConfigurations", "", "read_media"),
    (PTZ, "GetConfiguration", "<PTZConfigurationToken>c3</PTZConfigurationToken>", "read_media"),
    (PTZ, "GetConfigurationOptions", "<ConfigurationToken>c3</ConfigurationToken>", "read_media"),
    (PTZ, "GetStatus", DOME, "read_media"),
    (PTZ, "SetPreset", f"{DOME}<PresetName>Gate</PresetName><PresetToken>1</PresetToken>", "actuate"),
    (PTZ, "GetPresets", DOME, "read_media"),
    (PTZ, "ContinuousMove", velocity(0.5, 0, 0.5, "<Timeout>PT1S</Timeout>"), "actuate"),
    (PTZ, "Stop", f"{DOME}<PanTilt>true</PanTilt>", "actuate"),
    (PTZ, "GotoPreset", f"{DOME}<PresetToken>1</PresetToken>", "actuate"),
]
# Of its own, since it undoes what others need.
LAST = [(PTZ, "RemovePreset", f"{DOME}<PresetToken>1</PresetToken>", "actuate")]
REFUSED = [
    (TDS, "GetCapabilities", "<Category>Imaging</Category>", "ter:NoSuchService"),
    (TDS, "CreateUsers", user("admin", "User", "Comes.by.1"), "ter:UsernameClash"),
    (TDS, "CreateUsers", user("guest", "User", "short"), "ter:PasswordTooWeak"),
    (TDS, "CreateUsers", user("a guest", "User", "Comes.by.1"), "ter:InvalidArgVal"),
    (TDS, "CreateUsers", user("guest", "Anonymous", "Comes.by.1"), "ter:AnonymousNotAllowed"),
    (TDS, "SetUser", user("nobody", "User"), "ter:UsernameMissing"),
    (TDS, "SetUser", user("admin", "User", "Comes.by.1"), "ter:FixedUser"),
    (TDS, "DeleteUsers", "<Username>admin</Username>", "ter:FixedUser"),
    (TDS, "SystemReboot", "", "ter:ActionNotSupported"),
    (TRT, "GetProfile", "<ProfileToken>c9-main</ProfileToken>", "ter:NoProfile"),
    (TRT, "GetProfile", "<ProfileToken>c2-sub</ProfileToken>", "ter:NoProfile"),
    (TRT, "GetVideoEncoderConfiguration", "<ConfigurationToken>c2-main</ConfigurationToken>", "ter:NoConfig"),  # H.265
    (TRT, "GetStreamUri", SETUP.replace("Unicast", "Multicast") + PROFILE, "ter:InvalidStreamSetup"),
    (TRT, "GetSnapshotUri", "<ProfileToken>c9-main</ProfileToken>", "ter:NoProfile"),
    (TR2, "GetProfiles", "<Token>c9-main</Token><Type>All</Type>", "ter:NoProfile"),
    (TR2, "GetStreamUri", f"<Protocol>RtspMulticast</Protocol>{PROFILE}", "ter:InvalidStreamSetup"),
    (PTZ, "GetNode", "<NodeToken>c1</NodeToken>", "ter:NoEntity"),
    (PTZ, "GetStatus", PROFILE, "ter:NoPTZProfile"),
    (PTZ, "ContinuousMove", velocity(1.5, 0, 0), "ter:InvalidVelocity"),
    (PTZ, "ContinuousMove", velocity(0, 0, "fast"), "ter:InvalidVelocity"),
    (PTZ, "ContinuousMove", velocity(1, 0, 0, "<Timeout>PT60S</Timeout>"), "ter:TimeoutNotSupported"),
    (PTZ, "ContinuousMove", velocity(1, 0, 0, "<Timeout>soon</Timeout>"), "ter:TimeoutNotSupported"),
    (PTZ, "GotoPreset", f"{DOME}<PresetToken>99</PresetToken>", "ter:NoToken"),
    (PTZ, "SetPreset", f"{DOME}<PresetToken>99</PresetToken>", "ter:NoToken"),
]
