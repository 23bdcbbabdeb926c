"""The operations that a device of ONVIF's profiles S, T and G has to have (Profile S 1.3, T 1.0 and G 1.1 specifications), as data.

Those with a condition are mandatory for a device that has what the condition names. A device has the operation when it answers anything
but ter:ActionNotSupported; asked without an account, nothing happens by it.
"""
import re

from onvif_requests import EVENTS, IO, MANAGING, NOTIFYING, PULLING
from onvif_soap import PTZ, TDS, TR2, TRT

RECORDING = ("recording_service", "http://www.onvif.org/ver10/recording/wsdl")
SEARCH = ("search_service", "http://www.onvif.org/ver10/search/wsdl")
REPLAY = ("replay_service", "http://www.onvif.org/ver10/replay/wsdl")
IMAGING = ("imaging_service", "http://www.onvif.org/ver20/imaging/wsdl")
ANALYTICS = ("analytics_service", "http://www.onvif.org/ver20/analytics/wsdl")
OF_CONFIGURATION = "Get{0}Configuration Get{0}Configurations Add{0}Configuration Remove{0}Configuration Set{0}Configuration GetCompatible{0}Configurations Get{0}ConfigurationOptions"
# profiles, condition, service, operations.
MANDATORY = [
    ("STG", "", TDS, "GetServices GetServiceCapabilities GetWsdlUrl GetDiscoveryMode SetDiscoveryMode GetScopes SetScopes AddScopes RemoveScopes GetHostname SetHostname GetDNS "
     "SetDNS GetNetworkInterfaces SetNetworkInterfaces GetNetworkProtocols SetNetworkProtocols GetNetworkDefaultGateway SetNetworkDefaultGateway GetDeviceInformation "
     "GetSystemDateAndTime SetSystemDateAndTime SetSystemFactoryDefault SystemReboot GetUsers CreateUsers DeleteUsers SetUser"),
    ("S", "", TDS, "GetCapabilities"),
    ("ST", "NTP", TDS, "GetNTP SetNTP"),
    ("S", "zero configuration", TDS, "GetZeroConfiguration SetZeroConfiguration"),
    ("S", "relays", TDS, "GetRelayOutputs SetRelayOutputSettings SetRelayOutputState"),
    ("STG", "", EVENTS, "GetServiceCapabilities CreatePullPointSubscription GetEventProperties"),
    ("STG", "", PULLING, "PullMessages SetSynchronizationPoint"),
    ("STG", "", MANAGING, "Renew Unsubscribe"),
    ("S", "", NOTIFYING, "Subscribe"),
    ("SG", "", TRT, "GetServiceCapabilities GetProfiles GetProfile CreateProfile DeleteProfile GetVideoSources GetGuaranteedNumberOfVideoEncoderInstances "
     + " ".join(OF_CONFIGURATION.format(kind) for kind in ("VideoSource", "VideoEncoder", "Metadata"))),
    ("S", "", TRT, "GetStreamUri SetSynchronizationPoint"),
    ("SG", "audio", TRT, "GetAudioSources " + " ".join(OF_CONFIGURATION.format(kind) for kind in ("AudioSource", "AudioEncoder"))),
    ("S", "head", TRT, "AddPTZConfiguration RemovePTZConfiguration"),
    ("ST", "head", PTZ, "GetServiceCapabilities GetNodes GetNode GetConfigurations GetConfiguration GetConfigurationOptions SetConfiguration ContinuousMove AbsoluteMove RelativeMove Stop "
     "GetStatus SetPreset GetPresets GotoPreset RemovePreset GotoHomePosition SetHomePosition SendAuxiliaryCommand GetCompatibleConfigurations"),
    ("T", "", TR2, "GetServiceCapabilities GetProfiles CreateProfile DeleteProfile AddConfiguration RemoveConfiguration GetStreamUri GetSnapshotUri SetSynchronizationPoint "
     "GetVideoSourceConfigurations GetVideoSourceConfigurationOptions SetVideoSourceConfiguration GetVideoEncoderConfigurations GetVideoEncoderConfigurationOptions "
     "SetVideoEncoderConfiguration GetVideoEncoderInstances GetMetadataConfigurations GetMetadataConfigurationOptions SetMetadataConfiguration"),
    ("T", "audio", TR2, "GetAudioSourceConfigurations GetAudioEncoderConfigurations GetAudioEncoderConfigurationOptions SetAudioEncoderConfiguration"),
    ("T", "loudspeaker", TR2, "GetAudioOutputConfigurations GetAudioOutputConfigurationOptions SetAudioOutputConfiguration GetAudioDecoderConfigurations"),
    ("T", "", TR2, "GetOSDs GetOSDOptions CreateOSD SetOSD DeleteOSD GetAnalyticsConfigurations"),
    ("T", "", IMAGING, "GetServiceCapabilities GetImagingSettings GetOptions SetImagingSettings GetMoveOptions Move Stop GetStatus"),
    ("T", "", ANALYTICS, "GetServiceCapabilities GetSupportedRules GetRules GetRuleOptions CreateRules ModifyRules DeleteRules"),
    ("T", "", IO, "GetServiceCapabilities GetVideoSources"),
    ("T", "audio", IO, "GetAudioSources"),
    ("T", "loudspeaker", IO, "GetAudioOutputs"),
    ("T", "relays", IO, "GetRelayOutputOptions SetRelayOutputSettings"),
    ("T", "inputs", IO, "GetDigitalInputs"),
    ("G", "", RECORDING, "GetServiceCapabilities GetRecordings CreateRecordingJob DeleteRecordingJob GetRecordingJobs GetRecordingJobState SetRecordingJobMode GetRecordingOptions "
     "GetRecordingConfiguration SetRecordingConfiguration GetTrackConfiguration SetTrackConfiguration GetRecordingJobConfiguration SetRecordingJobConfiguration"),
    ("G", "dynamic recordings", RECORDING, "CreateRecording DeleteRecording"),
    ("G", "", SEARCH, "GetServiceCapabilities FindRecordings GetRecordingSearchResults EndSearch FindEvents GetEventSearchResults GetRecordingSummary GetRecordingInformation "
     "GetMediaAttributes"),
    ("G", "", REPLAY, "GetServiceCapabilities GetReplayUri SetReplayConfiguration GetReplayConfiguration"),
]
SCOPES = {"S": "onvif://www.onvif.org/Profile/Streaming", "T": "onvif://www.onvif.org/Profile/T", "G": "onvif://www.onvif.org/Profile/G"}
EVERYTHING = {"NTP", "zero configuration", "relays", "audio", "head", "loudspeaker", "inputs", "dynamic recordings"}


def rows(profile, features):
    for profiles, condition, service, operations in MANDATORY:
        if profile in profiles and (not condition or condition in features):
            yield from ((service, operation) for operation in operations.split())


def missing(camera, profile, features):
    """Operations of a profile that a device does not have."""
    lacking = []
    for service, operation in rows(profile, features):
        status, text = camera.ask(service, operation, "")
        if status not in (200, 400, 401, 500) or "ter:ActionNotSupported" in text:
            lacking.append(f"{service[0].replace('/{}', '')} {operation}")
    return lacking


def check_claims(judge, name, camera, features, expected):
    """What a device claims to be it is wholly, and it claims what is expected."""
    _, text = camera.ask_as(camera.account, TDS, "GetScopes", "")
    claimed = {profile for profile, scope in SCOPES.items() if f">{scope}<" in text}
    judge.expect(claimed == set(expected), f"{name} claims the profiles {sorted(claimed)}, not {sorted(expected)}")
    for profile in claimed:
        lacking = missing(camera, profile, features)
        judge.expect(not lacking, f"{name} claims profile {profile} without {', '.join(lacking)}")
    _, text = camera.ask(TDS, "GetServices", "<IncludeCapability>false</IncludeCapability>")
    paths = {re.sub(r"^.*/", "", path) for path in re.findall(r"XAddr>([^<]+)<", text)}
    needed = {service[0] for profile in claimed for service, _ in rows(profile, features) if "{}" not in service[0]}
    judge.expect(needed <= paths, f"{name} does not list {sorted(needed - paths)}")
