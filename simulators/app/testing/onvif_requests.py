"""Requests to the ONVIF services of a virtual camera: one for each operation, and those that are refused. A part of onvif_camera.py."""
from onvif_soap import PTZ, SCHEMA, SETUP, TDS, TR2, TRT, user

EVENTS = ("event_service", "http://www.onvif.org/ver10/events/wsdl")
NOTIFYING = ("event_service", "http://docs.oasis-open.org/wsn/b-2")
PULLING = ("subscription/{}", EVENTS[1])  # of the subscription that was made last
MANAGING = ("subscription/{}", NOTIFYING[1])
IO = ("deviceio_service", "http://www.onvif.org/ver10/deviceIO/wsdl")
IO_OF_DEVICE = ("deviceio_service", TDS[1])  # operations that the service has by the names of the device service
PROFILE = "<ProfileToken>main</ProfileToken>"
RATE_CONTROL = "<tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit>{interval}<tt:BitrateLimit>{kbps}</tt:BitrateLimit></tt:RateControl>"
MULTICAST = "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
SCOPE = "onvif://www.onvif.org/location/country/iceland"

RELAY = "<RelayOutputToken>relay-1</RelayOutputToken>"
RELAY_SETTINGS = f'<tt:Mode>Monostable</tt:Mode><tt:DelayTime>PT1S</tt:DelayTime><tt:IdleState>open</tt:IdleState>'
NOWHERE = '<ConsumerReference><a:Address xmlns:a="http://www.w3.org/2005/08/addressing">http://127.0.0.1:9/</a:Address></ConsumerReference>'
PRESET, TOUR = "<PresetToken>1</PresetToken>", "<PresetTourToken>1</PresetTourToken>"
MIDDLE = f'<tt:PanTilt {SCHEMA} x="0" y="0.5"/><tt:Zoom {SCHEMA} x="0"/>'
ROUND = (f'<PresetTour token="1" {SCHEMA}><tt:Name>round</tt:Name><tt:Status><tt:State>Idle</tt:State></tt:Status><tt:AutoStart>false</tt:AutoStart>'
         "<tt:StartingCondition><tt:RecurringTime>2</tt:RecurringTime><tt:Direction>Forward</tt:Direction></tt:StartingCondition>{}</PresetTour>")


def spot(detail, stay="PT1S"):
    return f"<tt:TourSpot><tt:PresetDetail>{detail}</tt:PresetDetail><tt:StayTime>{stay}</tt:StayTime></tt:TourSpot>"


PRESET_SPOT = spot("<tt:PresetToken>1</tt:PresetToken>")


def ptz_configuration(timeout="PT5S", node="head"):
    return (f'<PTZConfiguration {SCHEMA} token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>{node}</tt:NodeToken>'
            f"<tt:DefaultPTZTimeout>{timeout}</tt:DefaultPTZTimeout></PTZConfiguration><ForcePersistence>true</ForcePersistence>")


def card(address, prefix=8):
    return (f"<NetworkInterface><tt:IPv4 {SCHEMA}><tt:Enabled>true</tt:Enabled><tt:Manual><tt:Address>{address}</tt:Address>"
            f"<tt:PrefixLength>{prefix}</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:IPv4></NetworkInterface>")


def host(element, kind, name):
    """A tt:NetworkHost or tt:IPAddress."""
    return f"<{element}><tt:Type {SCHEMA}>{kind}</tt:Type><tt:{'DNSname' if kind == 'DNS' else kind + 'Address'} {SCHEMA}>{name}</tt:{'DNSname' if kind == 'DNS' else kind + 'Address'}></{element}>"


def protocol(name, port):
    return f"<NetworkProtocols><tt:Name {SCHEMA}>{name}</tt:Name><tt:Enabled {SCHEMA}>true</tt:Enabled><tt:Port {SCHEMA}>{port}</tt:Port></NetworkProtocols>"


def loaded(name, data):
    return (f"<NVTCertificate><tt:CertificateID {SCHEMA}>{name}</tt:CertificateID><tt:Certificate {SCHEMA}><tt:Data>{data}</tt:Data></tt:Certificate></NVTCertificate>")


def shown(name, on="true"):
    return f"<CertificateStatus><tt:CertificateID {SCHEMA}>{name}</tt:CertificateID><tt:Status {SCHEMA}>{on}</tt:Status></CertificateStatus>"


def encoder1(stream, encoding="H264", size=(320, 180), fps=10, kbps=200, gop=20, quality=50):
    """A configuration of version 1 of the media service, with what sets it."""
    control = RATE_CONTROL.format(fps=fps, kbps=kbps, interval="<tt:EncodingInterval>1</tt:EncodingInterval>")
    h264 = f"<tt:H264><tt:GovLength>{gop}</tt:GovLength><tt:H264Profile>High</tt:H264Profile></tt:H264>" if encoding == "H264" else ""
    return (f'<Configuration {SCHEMA} token="{stream}-encoder"><tt:Name>x</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{encoding}</tt:Encoding>'
            f"<tt:Resolution><tt:Width>{size[0]}</tt:Width><tt:Height>{size[1]}</tt:Height></tt:Resolution><tt:Quality>{quality}</tt:Quality>{control}{h264}"
            f"{MULTICAST}<tt:SessionTimeout>PT60S</tt:SessionTimeout></Configuration><ForcePersistence>true</ForcePersistence>")


def encoder2(stream, encoding="H264", size=(320, 180), fps=10, kbps=200, gop=20, quality=50, constant="true"):
    """The same of version 2."""
    control = RATE_CONTROL.format(fps=fps, kbps=kbps, interval="").replace("<tt:RateControl", f'<tt:RateControl ConstantBitRate="{constant}"')
    return (f'<Configuration {SCHEMA} token="{stream}-encoder" GovLength="{gop}"><tt:Name>x</tt:Name><tt:UseCount>1</tt:UseCount>'
            f"<tt:Encoding>{encoding}</tt:Encoding><tt:Resolution><tt:Width>{size[0]}</tt:Width><tt:Height>{size[1]}</tt:Height></tt:Resolution>{control}"
            f"<tt:Quality>{quality}</tt:Quality></Configuration>")


def topics(expression, dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"):
    return (f'<Filter><TopicExpression xmlns="{NOTIFYING[1]}" Dialect="{dialect}" '
            f'xmlns:tns1="http://www.onvif.org/ver10/topics">{expression}</TopicExpression></Filter>')


def contents(expression):
    return (f'<Filter><MessageContent xmlns="{NOTIFYING[1]}" Dialect="http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter" '
            f'xmlns:q="http://www.onvif.org/ver10/schema">{expression}</MessageContent></Filter>')


# service, operation, content of the request, access class. In an order in which each can be done.
REQUESTS = [
    (TDS, "GetSystemDateAndTime", "", "pre_auth"),
    (TDS, "GetDeviceInformation", "", "read_system"),
    (TDS, "GetCapabilities", "<Category>All</Category>", "pre_auth"),
    (TDS, "GetServices", "<IncludeCapability>true</IncludeCapability>", "pre_auth"),
    (TDS, "GetServiceCapabilities", "", "pre_auth"),
    (TDS, "GetHostname", "", "pre_auth"),
    (TDS, "SetHostname", "<Name>gate-1</Name>", "write_system"),
    (TDS, "GetWsdlUrl", "", "pre_auth"),
    (TDS, "SetHostnameFromDHCP", "<FromDHCP>true</FromDHCP>", "write_system"),
    (TDS, "SetDNS", "<FromDHCP>false</FromDHCP><SearchDomain>example.org</SearchDomain>" + host("DNSManual", "IPv4", "192.0.2.53") + host("DNSManual", "IPv6", "2001:db8::53"), "write_system"),
    (TDS, "GetDNS", "", "read_system"),
    (TDS, "SetNTP", "<FromDHCP>false</FromDHCP>" + host("NTPManual", "IPv4", "192.0.2.123") + host("NTPManual", "DNS", "time.example.org"), "write_system"),
    (TDS, "GetNTP", "", "read_system"),
    (TDS, "SetZeroConfiguration", "<InterfaceToken>eth0</InterfaceToken><Enabled>true</Enabled>", "write_system"),
    (TDS, "GetZeroConfiguration", "", "read_system"),
    (TDS, "GetNetworkInterfaces", "", "read_system"),
    (TDS, "SetNetworkInterfaces", "<InterfaceToken>eth0</InterfaceToken>" + card("127.0.0.1"), "write_system"),
    (TDS, "GetNetworkProtocols", "", "read_system"),
    (TDS, "SetNetworkProtocols", protocol("HTTP", "{port}"), "write_system"),
    (TDS, "CreateCertificate", "<CertificateID>spare</CertificateID><Subject>CN=gate,O=Example</Subject><ValidNotAfter>2040-01-01T00:00:00Z</ValidNotAfter>", "write_system"),
    (TDS, "LoadCertificates", loaded("spare", "{certificate}"), "write_system"),
    (TDS, "GetPkcs10Request", "<CertificateID>spare</CertificateID><Subject>CN=gate</Subject>", "read_system_secret"),
    (TDS, "SetCertificatesStatus", shown("first"), "write_system"),
    (TDS, "GetCertificatesStatus", "", "read_system_secret"),
    (TDS, "DeleteCertificates", "<CertificateID>spare</CertificateID>", "unrecoverable"),
    (TDS, "GetCertificates", "", "read_system_secret"),
    (TDS, "SetNetworkDefaultGateway", "<IPv4Address>127.0.0.254</IPv4Address>", "write_system"),
    (TDS, "GetNetworkDefaultGateway", "", "read_system"),
    (TDS, "GetEndpointReference", "", "pre_auth"),
    (TDS, "AddScopes", f"<ScopeItem>{SCOPE}</ScopeItem>", "write_system"),
    (TDS, "GetScopes", "", "read_system"),
    (TDS, "RemoveScopes", f"<ScopeItem>{SCOPE}</ScopeItem>", "write_system"),
    (TDS, "SetScopes", f"<Scopes>{SCOPE}</Scopes>", "write_system"),
    (TDS, "SetDiscoveryMode", "<DiscoveryMode>NonDiscoverable</DiscoveryMode>", "write_system"),
    (TDS, "GetDiscoveryMode", "", "read_system"),
    (TDS, "CreateUsers", user("viewer", "User", "look") + user("guard", "Operator", "watch"), "write_system"),
    (TDS, "GetUsers", "", "read_system_secret"),
    (TDS, "SetUser", user("viewer", "User"), "write_system"),
    (TDS, "SetSystemDateAndTime", f"<DateTimeType>NTP</DateTimeType><DaylightSavings>false</DaylightSavings><TimeZone><tt:TZ {SCHEMA}>CET-1</tt:TZ></TimeZone>", "write_system"),
    (TRT, "GetServiceCapabilities", "", "pre_auth"),
    (TRT, "GetProfiles", "", "read_media"),
    (TRT, "GetProfile", PROFILE, "read_media"),
    (TRT, "GetVideoSources", "", "read_media"),
    (TRT, "GetAudioSources", "", "read_media"),
    (TRT, "GetVideoSourceConfigurations", "", "read_media"),
    (TRT, "GetVideoSourceConfiguration", "<ConfigurationToken>video-source</ConfigurationToken>", "read_media"),
    (TRT, "GetAudioSourceConfigurations", "", "read_media"),
    (TRT, "GetVideoEncoderConfigurations", "", "read_media"),
    (TRT, "GetVideoEncoderConfiguration", "<ConfigurationToken>main-encoder</ConfigurationToken>", "read_media"),
    (TRT, "GetVideoEncoderConfigurationOptions", "<ConfigurationToken>main-encoder</ConfigurationToken>", "read_media"),
    (TRT, "SetVideoEncoderConfiguration", encoder1("main"), "actuate"),
    (TRT, "GetAudioEncoderConfigurations", "", "read_media"),
    (TRT, "GetAudioEncoderConfiguration", "<ConfigurationToken>main-audio-encoder</ConfigurationToken>", "read_media"),
    (TRT, "GetAudioOutputs", "", "read_media"),
    (TRT, "GetAudioOutputConfigurations", "", "read_media"),
    (TRT, "GetAudioOutputConfiguration", "<ConfigurationToken>audio-output</ConfigurationToken>", "read_media"),
    (TRT, "GetAudioOutputConfigurationOptions", "", "read_media"),
    (TRT, "GetAudioDecoderConfigurations", "", "read_media"),
    (TRT, "GetAudioDecoderConfiguration", "<ConfigurationToken>audio-decoder</ConfigurationToken>", "read_media"),
    (TRT, "GetAudioDecoderConfigurationOptions", PROFILE, "read_media"),
    (TRT, "GetStreamUri", SETUP + PROFILE, "read_media"),
    (TRT, "GetSnapshotUri", PROFILE, "read_media"),
    (TR2, "GetServiceCapabilities", "", "pre_auth"),
    (TR2, "GetProfiles", "<Type>All</Type>", "read_media"),
    (TR2, "GetVideoSourceConfigurations", "", "read_media"),
    (TR2, "GetAudioSourceConfigurations", "", "read_media"),
    (TR2, "GetVideoEncoderConfigurations", "", "read_media"),
    (TR2, "GetVideoEncoderConfigurationOptions", "", "read_media"),
    (TR2, "GetVideoEncoderInstances", "<ConfigurationToken>video-source</ConfigurationToken>", "read_media"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main"), "actuate"),
    (TR2, "GetAudioEncoderConfigurations", "", "read_media"),
    (TR2, "GetAudioOutputConfigurations", "", "read_media"),
    (TR2, "GetAudioOutputConfigurationOptions", "", "read_media"),
    (TR2, "GetAudioDecoderConfigurations", "", "read_media"),
    (TR2, "GetAudioDecoderConfigurationOptions", "", "read_media"),
    (TR2, "GetStreamUri", f"<Protocol>RTSP</Protocol>{PROFILE}", "read_media"),
    (TR2, "GetSnapshotUri", PROFILE, "read_media"),
    (EVENTS, "GetServiceCapabilities", "", "pre_auth"),
    (EVENTS, "GetEventProperties", "", "read_media"),
    (EVENTS, "CreatePullPointSubscription", "", "read_media"),
    (PULLING, "PullMessages", "<Timeout>PT5S</Timeout><MessageLimit>50</MessageLimit>", "read_media"),
    (PULLING, "SetSynchronizationPoint", "", "read_media"),
    (MANAGING, "Renew", "<TerminationTime>PT1M</TerminationTime>", "read_media"),
    (MANAGING, "Unsubscribe", "", "read_media"),
    (NOTIFYING, "Subscribe", NOWHERE + "<InitialTerminationTime>PT1S</InitialTerminationTime>", "read_media"),
    (IO, "GetServiceCapabilities", "", "pre_auth"),
    (IO, "GetRelayOutputOptions", RELAY, "read_media"),
    (IO, "GetDigitalInputs", "", "read_media"),
    (IO, "GetVideoSources", "", "read_media"),
    (IO, "GetAudioSources", "", "read_media"),
    (IO, "GetAudioOutputs", "", "read_media"),
    (IO_OF_DEVICE, "GetRelayOutputs", "", "read_media"),
    (IO_OF_DEVICE, "SetRelayOutputState", RELAY + "<LogicalState>inactive</LogicalState>", "actuate"),
    (IO, "SetRelayOutputSettings", f'<RelayOutput token="relay-1"><tt:Properties {SCHEMA}>{RELAY_SETTINGS}</tt:Properties></RelayOutput>', "actuate"),
    (PTZ, "GetServiceCapabilities", "", "pre_auth"),
    (PTZ, "GetNodes", "", "read_media"),
    (PTZ, "GetNode", "<NodeToken>head</NodeToken>", "read_media"),
    (PTZ, "GetConfigurations", "", "read_media"),
    (PTZ, "GetConfiguration", "<PTZConfigurationToken>ptz</PTZConfigurationToken>", "read_media"),
    (PTZ, "GetCompatibleConfigurations", PROFILE, "read_media"),
    (PTZ, "GetConfigurationOptions", "<ConfigurationToken>ptz</ConfigurationToken>", "read_media"),
    (PTZ, "SetConfiguration", ptz_configuration(), "actuate"),
    (PTZ, "SetPreset", PROFILE, "actuate"),
    (PTZ, "GetPresets", PROFILE, "read_media"),
    (PTZ, "GotoPreset", PROFILE + PRESET, "actuate"),
    (PTZ, "CreatePresetTour", PROFILE, "actuate"),
    (PTZ, "ModifyPresetTour", PROFILE + ROUND.format(PRESET_SPOT + spot("<tt:Home>true</tt:Home>") + spot(f"<tt:PTZPosition>{MIDDLE}</tt:PTZPosition>")), "actuate"),
    (PTZ, "OperatePresetTour", PROFILE + TOUR + "<Operation>Start</Operation>", "actuate"),
    (PTZ, "GetPresetTours", PROFILE, "read_media"),
    (PTZ, "GetPresetTour", PROFILE + TOUR, "read_media"),
    (PTZ, "GetPresetTourOptions", PROFILE, "read_media"),
    (PTZ, "SetHomePosition", PROFILE, "actuate"),
    (PTZ, "GotoHomePosition", PROFILE, "actuate"),
    (PTZ, "ContinuousMove", f'{PROFILE}<Velocity><tt:PanTilt {SCHEMA} x="0.5" y="-0.1"/></Velocity><Timeout>PT2S</Timeout>', "actuate"),
    (PTZ, "AbsoluteMove", f"{PROFILE}<Position>{MIDDLE}</Position>", "actuate"),
    (PTZ, "RelativeMove", f"{PROFILE}<Translation>{MIDDLE}</Translation>", "actuate"),
    (PTZ, "GetStatus", PROFILE, "read_media"),
    (PTZ, "Stop", PROFILE + "<PanTilt>true</PanTilt><Zoom>true</Zoom>", "actuate"),
    (PTZ, "SendAuxiliaryCommand", PROFILE + "<AuxiliaryData>tt:Wiper|On</AuxiliaryData>", "actuate"),
    (PTZ, "SetPreset", PROFILE, "actuate"),
    (PTZ, "CreatePresetTour", PROFILE, "actuate"),
    (PTZ, "RemovePresetTour", PROFILE + TOUR.replace("1", "2"), "actuate"),
    (PTZ, "RemovePreset", PROFILE + PRESET.replace("1", "2"), "actuate"),
    (TDS, "GetRelayOutputs", "", "read_media"),
    (TDS, "SetRelayOutputState", RELAY + "<LogicalState>inactive</LogicalState>", "actuate"),
    (TDS, "SetRelayOutputSettings", f"{RELAY}<Properties {SCHEMA}>{RELAY_SETTINGS.replace('Monostable', 'Bistable')}</Properties>", "actuate"),
]
LAST = [  # these change what the others need
    (TDS, "DeleteUsers", "<Username>viewer</Username>", "write_system"),
    (TDS, "SetSystemFactoryDefault", "<FactoryDefault>Soft</FactoryDefault>", "unrecoverable"),
    (TDS, "SystemReboot", "", "unrecoverable"),
]
# What is wrong with a request, and the subcodes of the fault.
REFUSED = [
    (TDS, "SetNetworkInterfaces", "<InterfaceToken>eth1</InterfaceToken>" + card("127.0.0.1"), "ter:InvalidNetworkInterface"),
    (TDS, "SetNetworkInterfaces", "<InterfaceToken>eth0</InterfaceToken>" + card("10.0.0.1"), "ter:InvalidIPv4Address"),
    (TDS, "SetNetworkInterfaces", "<InterfaceToken>eth0</InterfaceToken>" + card("127.0.0.1", 31), "ter:InvalidIPv4Address"),
    (TDS, "SetNetworkProtocols", protocol("RTSP", 554).replace("true", "false"), "ter:ServiceNotSupported"),
    (TDS, "SetNetworkProtocols", protocol("HTTPS", "{port}"), "ter:PortAlreadyInUse"),
    (TDS, "CreateCertificate", "<CertificateID>first</CertificateID>", "ter:CertificateID"),
    (TDS, "GetPkcs10Request", "<CertificateID>none</CertificateID>", "ter:CertificateID"),
    (TDS, "LoadCertificates", loaded("other", "MAA="), "ter:CertificateFormat"),
    (TDS, "SetCertificatesStatus", shown("none"), "ter:CertificateID"),
    (TDS, "SetCertificatesStatus", shown("first", "false"), "ter:CertificateID"),
    (TDS, "DeleteCertificates", "<CertificateID>first</CertificateID>", "ter:CertificateID"),
    (TDS, "SetNetworkProtocols", protocol("RTSP", 0), "ter:InvalidArgVal"),
    (TDS, "SetNetworkDefaultGateway", "<IPv4Address>gate</IPv4Address>", "ter:InvalidGatewayAddress"),
    (TDS, "SetSystemFactoryDefault", "<FactoryDefault>Medium</FactoryDefault>", "ter:InvalidArgVal"),
    (TDS, "SetHostnameFromDHCP", "<FromDHCP>perhaps</FromDHCP>", "ter:InvalidArgVal"),
    (TDS, "SetDNS", "<FromDHCP>false</FromDHCP>" + host("DNSManual", "IPv4", "192.0.2.256"), "ter:InvalidIPv4Address"),
    (TDS, "SetDNS", "<FromDHCP>false</FromDHCP>" + host("DNSManual", "IPv6", "192.0.2.1"), "ter:InvalidIPv6Address"),
    (TDS, "SetDNS", "<FromDHCP>false</FromDHCP>" + host("DNSManual", "DNS", "example.org"), "ter:InvalidArgVal"),
    (TDS, "SetDNS", "<FromDHCP>false</FromDHCP>" + host("DNSManual", "IPv4", "192.0.2.1") * 5, "ter:InvalidArgVal"),
    (TDS, "SetNTP", "<FromDHCP>false</FromDHCP>" + host("NTPManual", "DNS", "no spaces"), "ter:InvalidDnsName"),
    (TDS, "SetNTP", "<FromDHCP>false</FromDHCP>", "ter:TimeSyncedToNtp"),
    (TDS, "SetZeroConfiguration", "<InterfaceToken>eth1</InterfaceToken><Enabled>true</Enabled>", "ter:InvalidNetworkInterface"),
    (TDS, "SetHostname", "<Name>no spaces</Name>", "ter:InvalidHostname"),
    (TDS, "SetHostname", f"<Name>{'a' * 64}</Name>", "ter:InvalidHostname"),
    (TDS, "SetScopes", "<Scopes>http://example.org</Scopes>", "ter:InvalidArgVal"),
    (TDS, "SetScopes", "".join(f"<Scopes>{SCOPE}/{n}</Scopes>" for n in range(33)), "ter:TooManyScopes"),
    (TDS, "RemoveScopes", "<ScopeItem>onvif://www.onvif.org/hardware/virtual-camera</ScopeItem>", "ter:FixedScope"),
    (TDS, "RemoveScopes", "<ScopeItem>onvif://www.onvif.org/none</ScopeItem>", "ter:NoScope"),
    (TDS, "CreateUsers", user("admin", "User", "x"), "ter:UsernameClash"),
    (TDS, "CreateUsers", user("a" * 65, "User", "x"), "ter:UsernameTooLong"),
    (TDS, "CreateUsers", user("long", "User", "x" * 65), "ter:PasswordTooLong"),
    (TDS, "CreateUsers", user("bare", "User"), "ter:PasswordTooWeak"),
    (TDS, "CreateUsers", user("king", "King", "x"), "ter:AnonymousNotAllowed"),
    (TDS, "CreateUsers", "".join(user(f"u{n}", "User", "x") for n in range(30)), "ter:TooManyUsers"),
    (TDS, "DeleteUsers", "<Username>admin</Username>", "ter:FixedUser"),
    (TDS, "DeleteUsers", "<Username>nobody</Username>", "ter:UsernameMissing"),
    (TDS, "SetUser", user("admin", "User"), "ter:FixedUser"),
    (TDS, "SetDiscoveryMode", "<DiscoveryMode>Shy</DiscoveryMode>", "ter:InvalidArgVal"),
    (TDS, "GetCapabilities", "<Category>Pigeons</Category>", "ter:NoSuchService"),
    (TDS, "SetSystemDateAndTime", f"<DateTimeType>Manual</DateTimeType><UTCDateTime {SCHEMA}><tt:Time><tt:Hour>24</tt:Hour></tt:Time></UTCDateTime>", "ter:InvalidDateTime"),
    (TDS, "GetPotOfGold", "", "ter:ActionNotSupported"),
    (TRT, "GetProfile", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TRT, "GetStreamUri", SETUP.replace("RTP-Unicast", "RTP-Multicast") + PROFILE, "ter:InvalidStreamSetup"),
    (TRT, "GetVideoEncoderConfiguration", "<ConfigurationToken>x</ConfigurationToken>", "ter:NoConfig"),
    (TRT, "SetVideoEncoderConfiguration", encoder1("third"), "ter:NoConfig"),
    (TRT, "SetVideoEncoderConfiguration", encoder1("main", "MPEG4"), "ter:ConfigModify"),
    (TRT, "GetVideoEncoderConfigurationOptions", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TR2, "GetVideoEncoderInstances", "<ConfigurationToken>x</ConfigurationToken>", "ter:NoConfig"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("third"), "ter:NoConfig"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", "H266"), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", size=(321, 180)), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", size=(640, 360)), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", "JPEG"), "ter:ConfigModify"),  # RFC 2435 has multiples of 8 only
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", gop=0), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", gop=401), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", quality="nan"), "ter:ConfigModify"),
    (TR2, "SetVideoEncoderConfiguration", encoder2("main", fps="inf"), "ter:ConfigModify"),
    (EVENTS, "CreatePullPointSubscription", "<InitialTerminationTime>-PT1S</InitialTerminationTime>", "wsnt:UnacceptableInitialTerminationTimeFault"),
    (EVENTS, "CreatePullPointSubscription", "<InitialTerminationTime>2001-01-01T00:00:00Z</InitialTerminationTime>", "wsnt:UnacceptableInitialTerminationTimeFault"),
    (EVENTS, "CreatePullPointSubscription", topics("tns1:Pigeon/Landed"), "wsnt:TopicNotSupportedFault"),
    (EVENTS, "CreatePullPointSubscription", topics("mine:Device"), "wsnt:InvalidTopicExpressionFault"),
    (EVENTS, "CreatePullPointSubscription", topics("tns1:Device", "http://example.org"), "wsnt:TopicExpressionDialectUnknownFault"),
    (EVENTS, "CreatePullPointSubscription", contents("boolean(("), "wsnt:InvalidMessageContentExpressionFault"),
    # In XPath each level multiplies what it costs to say no.
    (EVENTS, "CreatePullPointSubscription", contents("boolean(" + "//*[" * 20 + "false()" + "]" * 20 + ")"), "wsnt:InvalidMessageContentExpressionFault"),
    (EVENTS, "CreatePullPointSubscription", contents("a" * 2000), "wsnt:InvalidFilterFault"),
    (NOTIFYING, "Subscribe", NOWHERE.replace("http:", "file:"), "wsnt:SubscribeCreationFailedFault"),
    (("subscription/99", EVENTS[1]), "PullMessages", "<Timeout>PT1S</Timeout><MessageLimit>1</MessageLimit>", "wsrf:ResourceUnknownFault"),
    (("subscription/99", EVENTS[1]), "PullMessages", "<Timeout>PT61S</Timeout><MessageLimit>1</MessageLimit>", "ter:InvalidArgVal"),
    (("subscription/99", EVENTS[1]), "PullMessages", "<Timeout>PT1S</Timeout><MessageLimit>101</MessageLimit>", "ter:InvalidArgVal"),
    (("subscription/99", NOTIFYING[1]), "Renew", "<TerminationTime>PT1S</TerminationTime>", "wsrf:ResourceUnknownFault"),
    (IO_OF_DEVICE, "SetRelayOutputState", RELAY.replace("relay-1", "relay-2") + "<LogicalState>active</LogicalState>", "ter:RelayToken"),
    (TDS, "SetRelayOutputSettings", f"{RELAY}<Properties {SCHEMA}>{RELAY_SETTINGS.replace('PT1S', 'PT61S')}</Properties>", "ter:ModeError"),
    (PTZ, "GetNode", "<NodeToken>x</NodeToken>", "ter:NoEntity"),
    (PTZ, "GetConfiguration", "<PTZConfigurationToken>x</PTZConfigurationToken>", "ter:NoConfig"),
    (PTZ, "GetConfigurationOptions", "<ConfigurationToken>x</ConfigurationToken>", "ter:NoConfig"),
    (PTZ, "SetConfiguration", ptz_configuration("PT11M"), "ter:ConfigModify"),
    (PTZ, "SetConfiguration", ptz_configuration(node="x"), "ter:ConfigModify"),
    (PTZ, "GetStatus", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (PTZ, "GotoPreset", PROFILE + "<PresetToken>99</PresetToken>", "ter:NoToken"),
    (PTZ, "SetPreset", PROFILE + "<PresetToken>99</PresetToken>", "ter:NoToken"),
    (PTZ, "SetPreset", f"{PROFILE}<PresetName>{'a' * 65}</PresetName>", "ter:InvalidPresetName"),
    (PTZ, "RemovePreset", PROFILE + "<PresetToken>x</PresetToken>", "ter:NoToken"),
    (PTZ, "AbsoluteMove", f'{PROFILE}<Position><tt:PanTilt {SCHEMA} x="1.1" y="0"/></Position>', "ter:InvalidPosition"),
    (PTZ, "AbsoluteMove", f'{PROFILE}<Position><tt:Zoom {SCHEMA} x="-0.1"/></Position>', "ter:InvalidPosition"),
    (PTZ, "AbsoluteMove", f'{PROFILE}<Position><tt:Zoom {SCHEMA} x="nan"/></Position>', "ter:InvalidPosition"),
    (PTZ, "RelativeMove", f'{PROFILE}<Translation><tt:PanTilt {SCHEMA} x="0" y="-1.1"/></Translation>', "ter:InvalidTranslation"),
    (PTZ, "ContinuousMove", f'{PROFILE}<Velocity><tt:PanTilt {SCHEMA} x="0"/></Velocity>', "ter:InvalidVelocity"),
    (PTZ, "ContinuousMove", f'{PROFILE}<Velocity><tt:PanTilt {SCHEMA} x="0" y="0" space="http://x"/></Velocity>', "ter:SpaceNotSupported"),
    (PTZ, "ContinuousMove", f'{PROFILE}<Velocity><tt:Zoom {SCHEMA} x="1"/></Velocity><Timeout>PT11M</Timeout>', "ter:TimeoutNotSupported"),
    (PTZ, "GotoHomePosition", f'{PROFILE}<Speed><tt:PanTilt {SCHEMA} x="2" y="1"/></Speed>', "ter:InvalidSpeed"),
    (PTZ, "SendAuxiliaryCommand", PROFILE + "<AuxiliaryData>tt:Toaster|On</AuxiliaryData>", "ter:InvalidArgVal"),
    (PTZ, "ModifyPresetTour", PROFILE + ROUND.format(spot("<tt:Home>true</tt:Home>") * 129), "ter:InvalidPresetTour"),
    (PTZ, "ModifyPresetTour", PROFILE + ROUND.format(spot("<tt:Home>true</tt:Home>", "PT0.5S")), "ter:InvalidPresetTour"),
    (PTZ, "ModifyPresetTour", PROFILE + ROUND.format(spot("<tt:PresetToken>99</tt:PresetToken>")), "ter:NoToken"),
    (PTZ, "GetPresetTour", f"{PROFILE}<PresetTourToken>9</PresetTourToken>", "ter:NoToken"),
    (PTZ, "OperatePresetTour", PROFILE + TOUR + "<Operation>Dance</Operation>", "ter:InvalidArgVal"),
    (TR2, "GetProfiles", "<Token>third</Token>", "ter:NoProfile"),
    (TR2, "GetStreamUri", f"<Protocol>Pigeon</Protocol>{PROFILE}", "ter:InvalidStreamSetup"),
    (TRT, "GetAudioOutputConfiguration", "<ConfigurationToken>none</ConfigurationToken>", "ter:NoConfig"),
    (TRT, "GetAudioDecoderConfigurationOptions", "<ProfileToken>none</ProfileToken>", "ter:NoProfile"),
    (TR2, "GetAudioDecoderConfigurations", "<ConfigurationToken>none</ConfigurationToken>", "ter:NoConfig"),
]
