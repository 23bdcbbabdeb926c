"""Requests to vmsd as an ONVIF device: one for each operation, and those that are refused. A part of onvif_face.py."""
TDS = ("device_service", "http://www.onvif.org/ver10/device/wsdl")
TRT = ("media_service", "http://www.onvif.org/ver10/media/wsdl")
SCHEMA = 'xmlns:tt="http://www.onvif.org/ver10/schema"'
PROFILE = "<ProfileToken>c1-main</ProfileToken>"
SETUP = f"<StreamSetup><tt:Stream {SCHEMA}>RTP-Unicast</tt:Stream><tt:Transport {SCHEMA}><tt:Protocol>RTSP</tt:Protocol></tt:Transport></StreamSetup>"


def user(name, level, password=None):
    secret = f"<tt:Password>{password}</tt:Password>" if password else ""
    return f"<User {SCHEMA}><tt:Username>{name}</tt:Username>{secret}<tt:UserLevel>{level}</tt:UserLevel></User>"


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
    (TDS, "CreateUsers", user("guest", "Operator", "Guest.of.1"), "write_system"),
    (TDS, "SetUser", user("guest", "User", "Guest.of.2"), "write_system"),
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
]
REFUSED = [
    (TDS, "GetCapabilities", "<Category>PTZ</Category>", "ter:NoSuchService"),
    (TDS, "CreateUsers", user("admin", "User", "Guest.of.1"), "ter:UsernameClash"),
    (TDS, "CreateUsers", user("guest", "User", "short"), "ter:PasswordTooWeak"),
    (TDS, "CreateUsers", user("a guest", "User", "Guest.of.1"), "ter:InvalidArgVal"),
    (TDS, "CreateUsers", user("guest", "Anonymous", "Guest.of.1"), "ter:AnonymousNotAllowed"),
    (TDS, "SetUser", user("nobody", "User"), "ter:UsernameMissing"),
    (TDS, "SetUser", user("admin", "User", "Guest.of.1"), "ter:FixedUser"),
    (TDS, "DeleteUsers", "<Username>admin</Username>", "ter:FixedUser"),
    (TDS, "SystemReboot", "", "ter:ActionNotSupported"),
    (TRT, "GetProfile", "<ProfileToken>c9-main</ProfileToken>", "ter:NoProfile"),
    (TRT, "GetProfile", "<ProfileToken>c2-sub</ProfileToken>", "ter:NoProfile"),
    (TRT, "GetVideoEncoderConfiguration", "<ConfigurationToken>c2-main</ConfigurationToken>", "ter:NoConfig"),  # H.265
    (TRT, "GetStreamUri", SETUP.replace("Unicast", "Multicast") + PROFILE, "ter:InvalidStreamSetup"),
]
