"""Analytics of a virtual camera: requests for metadata, modules and rules, and what they change in its stream and its events. A part of onvif_camera.py and
onvif_metadata.py."""
import re
import xml.etree.ElementTree as ElementTree

from metadata_reader import Watch
from onvif_soap import SCHEMA, TR2, TRT

TAN = ("analytics_service", "http://www.onvif.org/ver20/analytics/wsdl")
TT = "{http://www.onvif.org/ver10/schema}"
PROFILE = "<ProfileToken>main</ProfileToken>"
ANALYTICS, METADATA = (f"<ConfigurationToken>{token}</ConfigurationToken>" for token in ("analytics", "metadata"))
MULTICAST = "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
ALL_EVENTS = "<tt:Events/>"
WSNT = "http://docs.oasis-open.org/wsn/b-2"
MIDDLE, RIGHT_HALF = [(0, -1), (0, 1)], [(0, -1), (0, 1), (1, 1), (1, -1)]


def metadata(objects="true", events="", ptz="", token="metadata"):
    return (f'<Configuration {SCHEMA} token="{token}"><tt:Name>x</tt:Name><tt:UseCount>2</tt:UseCount>{ptz}{events}<tt:Analytics>{objects}</tt:Analytics>{MULTICAST}'
            "<tt:SessionTimeout>PT60S</tt:SessionTimeout></Configuration>")


def events_of(topic):
    return (f'<tt:Events><tt:Filter><n:TopicExpression xmlns:n="{WSNT}" xmlns:tns1="http://www.onvif.org/ver10/topics" '
            f'Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">{topic}</n:TopicExpression></tt:Filter></tt:Events>')


def item(name, value):
    return f'<tt:SimpleItem Name="{name}" Value="{value}"/>'


def shape(name, kind, points):
    return f'<tt:ElementItem Name="{name}"><tt:{kind}>{"".join(f"""<tt:Point x="{x}" y="{y}"/>""" for x, y in points)}</tt:{kind}></tt:ElementItem>'


def config(element, name, kind, parameters):
    return f'<{element} {SCHEMA} xmlns:wr="urn:watchrig:private:1" Name="{name}" Type="{kind}"><tt:Parameters>{parameters}</tt:Parameters></{element}>'


def module(name, classes="Human", kind="wr:ObjectDetector"):
    return config("AnalyticsModule", name, kind, item("Classes", classes))


def line(name, direction="Any", points=MIDDLE, more=""):
    return config("Rule", name, "tt:LineDetector", item("Direction", direction) + more + shape("Segments", "Polyline", points))


def field(name, points=RIGHT_HALF, more=""):
    return config("Rule", name, "tt:FieldDetector", more + shape("Field", "Polygon", points))


def analytics(modules="", rules=""):
    return (f'<Configuration {SCHEMA} xmlns:wr="urn:watchrig:private:1" token="analytics"><tt:Name>x</tt:Name><tt:UseCount>2</tt:UseCount>'
            f"<tt:AnalyticsEngineConfiguration>{modules}</tt:AnalyticsEngineConfiguration><tt:RuleEngineConfiguration>{rules}</tt:RuleEngineConfiguration></Configuration>")


OWN_MODULE = '<tt:AnalyticsModule Name="objects" Type="wr:ObjectDetector"><tt:Parameters/></tt:AnalyticsModule>'
PERSIST = "<ForcePersistence>true</ForcePersistence>"


def part(kind, token=""):
    return f"<Configuration><Type>{kind}</Type>{f'<Token>{token}</Token>' if token else ''}</Configuration>"


REQUESTS = [
    (TAN, "GetServiceCapabilities", "", "pre_auth"),
    (TAN, "GetSupportedAnalyticsModules", ANALYTICS, "read_media"),
    (TAN, "GetAnalyticsModuleOptions", "<Type>wr:ObjectDetector</Type>" + ANALYTICS, "read_media"),
    (TAN, "CreateAnalyticsModules", ANALYTICS + module("people"), "actuate"),
    (TAN, "ModifyAnalyticsModules", ANALYTICS + module("people", "Human Bicycle"), "actuate"),
    (TAN, "GetAnalyticsModules", ANALYTICS, "read_media"),
    (TAN, "DeleteAnalyticsModules", ANALYTICS + "<AnalyticsModuleName>people</AnalyticsModuleName>", "actuate"),
    (TAN, "GetSupportedRules", ANALYTICS, "read_media"),
    (TAN, "GetRuleOptions", ANALYTICS, "read_media"),
    (TAN, "CreateRules", ANALYTICS + line("kerb", "Left") + field("court"), "actuate"),
    (TAN, "ModifyRules", ANALYTICS + line("kerb", "Right", more=item("ClassFilter", "Vehicle")), "actuate"),
    (TAN, "GetRules", ANALYTICS, "read_media"),
    (TAN, "GetSupportedMetadata", "", "read_media"),
    *[(service, "GetMetadataConfigurations", "", "read_media") for service in (TRT, TR2)],
    (TRT, "GetCompatibleMetadataConfigurations", PROFILE, "read_media"),
    (TRT, "GetMetadataConfiguration", METADATA, "read_media"),
    *[(service, "GetMetadataConfigurationOptions", METADATA, "read_media") for service in (TRT, TR2)],
    (TRT, "SetMetadataConfiguration", metadata(events=events_of("tns1:RuleEngine//.")) + PERSIST, "actuate"),
    (TR2, "SetMetadataConfiguration", metadata(events=ALL_EVENTS, ptz="<tt:PTZStatus><tt:Status>true</tt:Status><tt:Position>true</tt:Position></tt:PTZStatus>"), "actuate"),
    (TRT, "GetVideoAnalyticsConfigurations", "", "read_media"),
    (TRT, "GetCompatibleVideoAnalyticsConfigurations", PROFILE, "read_media"),
    (TRT, "GetVideoAnalyticsConfiguration", ANALYTICS, "read_media"),
    (TR2, "GetAnalyticsConfigurations", "", "read_media"),
    (TAN, "DeleteRules", ANALYTICS + "<RuleName>kerb</RuleName><RuleName>court</RuleName>", "actuate"),
    (TRT, "SetVideoAnalyticsConfiguration", analytics(OWN_MODULE) + PERSIST, "actuate"),
    (TRT, "RemoveVideoAnalyticsConfiguration", PROFILE, "actuate"),
    (TRT, "AddVideoAnalyticsConfiguration", PROFILE + ANALYTICS, "actuate"),
    (TRT, "RemoveMetadataConfiguration", PROFILE, "actuate"),
    (TRT, "AddMetadataConfiguration", PROFILE + METADATA, "actuate"),
    (TR2, "RemoveConfiguration", PROFILE + part("Metadata", "metadata"), "actuate"),
    (TR2, "AddConfiguration", PROFILE + part("Analytics", "analytics") + part("Metadata", "metadata"), "actuate"),
]
NOTHING = "<ConfigurationToken>other</ConfigurationToken>"
REFUSED = [
    (TAN, "GetRules", NOTHING, "ter:NoConfig"),
    (TAN, "GetAnalyticsModuleOptions", "<Type>tt:Clairvoyant</Type>" + ANALYTICS, "ter:InvalidModule"),
    (TAN, "GetRuleOptions", "<RuleType>tt:Clairvoyant</RuleType>" + ANALYTICS, "ter:InvalidRule"),
    (TAN, "CreateAnalyticsModules", ANALYTICS + module("objects"), "ter:NameAlreadyExistent"),
    (TAN, "CreateAnalyticsModules", ANALYTICS + module("two") + module("three"), "ter:TooManyModules"),
    (TAN, "CreateAnalyticsModules", ANALYTICS + module("two", "Pigeon"), "ter:InvalidModule"),
    (TAN, "CreateAnalyticsModules", ANALYTICS + module("two", kind="tt:Clairvoyant"), "ter:InvalidModule"),
    (TAN, "CreateAnalyticsModules", ANALYTICS + module(""), "ter:InvalidModule"),
    (TAN, "ModifyAnalyticsModules", ANALYTICS + module("two"), "ter:NameNotExistent"),
    (TAN, "DeleteAnalyticsModules", ANALYTICS + "<AnalyticsModuleName>two</AnalyticsModuleName>", "ter:NameNotExistent"),
    (TAN, "CreateRules", ANALYTICS + line("a", "Up"), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + line("a", points=[(0, 0)]), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + line("a", points=[(0, 0), (0, 1.1)]), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + line("a", points=[(0, 0), (0, "nan")]), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + line("a", points=MIDDLE * 6), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + line("a", more=item("Mood", "good")), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + field("a", points=MIDDLE), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + field("a", more=item("ClassFilter", "Pigeon")), "ter:InvalidRule"),
    (TAN, "CreateRules", ANALYTICS + line("a") + line("a"), "ter:RuleAlreadyExistent"),
    (TAN, "CreateRules", ANALYTICS + "".join(line(f"r{n}") for n in range(9)), "ter:TooManyRules"),
    (TAN, "ModifyRules", ANALYTICS + line("a"), "ter:RuleNotExistent"),
    (TAN, "DeleteRules", ANALYTICS + "<RuleName>a</RuleName>", "ter:RuleNotExistent"),
    (TRT, "GetMetadataConfiguration", NOTHING, "ter:NoConfig"),
    (TR2, "GetMetadataConfigurations", NOTHING, "ter:NoConfig"),
    (TR2, "GetMetadataConfigurations", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TR2, "SetMetadataConfiguration", metadata(token="other"), "ter:NoConfig"),
    (TR2, "SetMetadataConfiguration", metadata(objects="maybe"), "ter:ConfigModify"),
    (TR2, "SetMetadataConfiguration", metadata(events=events_of("tns1:Pigeon/Landed")), "ter:ConfigModify"),
    (TRT, "SetVideoAnalyticsConfiguration", analytics() + PERSIST, "ter:ConfigModify"),
    (TRT, "AddMetadataConfiguration", PROFILE + NOTHING, "ter:NoConfig"),
    (TRT, "RemoveMetadataConfiguration", "<ProfileToken>third</ProfileToken>", "ter:NoProfile"),
    (TR2, "AddConfiguration", PROFILE + part("Metadata", "other"), "ter:NoConfig"),
    (TR2, "RemoveConfiguration", PROFILE + part("VideoSource"), "ter:ConfigurationConflict"),
]


def tables():
    """File, function and service of each table of operations in the code."""
    return [("analytics_service", "analytics_service", TAN), ("metadata_operations", "metadata_operations1", TRT), ("metadata_operations", "metadata_operations2", TR2)]


def messages_of(text):
    """Topic, operation and items of each message in a metadata document."""
    for node in ElementTree.fromstring(text).iter(f"{{{WSNT}}}NotificationMessage"):
        message = node.find(f"{{{WSNT}}}Message/{TT}Message")
        yield (node.findtext(f"{{{WSNT}}}Topic"), message.get("PropertyOperation"),
               {one.get("Name"): one.get("Value") for one in message.iter(f"{TT}SimpleItem")})


def middles(documents):
    """Object -> its middles from left to right, in the order of the documents; None where it was not told of."""
    seen, count = {}, 0
    for _, text in documents:
        count += 1
        for node in ElementTree.fromstring(text).iter(f"{TT}Object"):
            track = seen.setdefault(node.get("ObjectId"), [])
            track += [None] * (count - 1 - len(track)) + [float(node.find(f"{TT}Appearance/{TT}Shape/{TT}CenterOfGravity").get("x"))]
    return seen


def crossings(documents):
    """Which object has come over the middle, to which side, and in the how manieth document; by the documents alone."""
    found = []
    for number, track in middles(documents).items():
        for at, (before, after) in enumerate(zip(track, track[1:]), 1):
            if before is not None and after is not None and (before >= 0) != (after >= 0):
                found.append((number, "Right" if after >= 0 else "Left", at))
    return sorted(found)


def check_configurations(judge, ask, url, schemas):
    """What is configured is what the stream has."""
    def told(seconds=3):
        watch = Watch(url, seconds)
        documents = [text for _, text in watch.documents()]
        for name, wrong in schemas.wrong({f"told{number}": text for number, text in enumerate(documents)}).items():
            judge.expect(False, f"{name} is not valid: {wrong}")
        return watch.sdp, documents

    ask(TR2, "SetMetadataConfiguration", metadata("false"))
    judge.expect(not told()[1], "without objects and events there are documents")
    ask(TR2, "SetMetadataConfiguration", metadata("false", ALL_EVENTS))
    documents = told()[1]
    judge.expect(documents and not any("tt:Frame" in text for text in documents), "without objects there are frames, or nothing at all")
    initial = [topic for text in documents for topic, operation, _ in messages_of(text) if operation == "Initialized"]
    judge.expect("tns1:VideoSource/MotionAlarm" in initial, f"a reader is not told of the state of things: {initial}")
    ask(TR2, "SetMetadataConfiguration", metadata("true", events_of("tns1:VideoSource//.")))
    judge.expect("VideoSource//." in ask(TR2, "GetMetadataConfigurations", ""), "the filter of events is not told again")
    documents = told()[1]
    topics = {topic for text in documents for topic, _, _ in messages_of(text)}
    judge.expect(topics and all(topic.startswith("tns1:VideoSource/") for topic in topics), f"the filter lets {topics} through")
    judge.expect(all("tt:Frame" in text for text in documents[1:]), "there are documents without frames")
    ask(TR2, "SetMetadataConfiguration", metadata())
    ask(TRT, "RemoveVideoAnalyticsConfiguration", PROFILE)
    sdp, documents = told()
    judge.expect("application" in sdp and not documents, "a profile without analytics has objects")
    ask(TR2, "RemoveConfiguration", PROFILE + part("Metadata"))
    judge.expect("application" not in told(1)[0] and "tr2:Metadata" not in ask(TR2, "GetProfiles", "<Token>main</Token><Type>All</Type>"), "a profile without metadata has it")
    ask(TR2, "AddConfiguration", PROFILE + part("Metadata", "metadata") + part("Analytics", "analytics"))
    judge.expect("application" in told(1)[0] and "tr2:Metadata" in ask(TR2, "GetProfiles", "<Token>main</Token><Type>All</Type>"), "metadata do not come back")
    ask(TAN, "ModifyAnalyticsModules", ANALYTICS + module("objects", "Vehicle"))
    kinds = set(re.findall(r"<tt:Class><tt:Type[^>]*>(\w+)<", "".join(told()[1])))
    judge.expect(kinds <= {"Vehicle"}, f"a module for vehicles finds {kinds}")
    ask(TAN, "DeleteAnalyticsModules", ANALYTICS + "<AnalyticsModuleName>objects</AnalyticsModuleName>")
    judge.expect(not told()[1], "without modules there are objects")
    ask(TAN, "CreateAnalyticsModules", ANALYTICS + module("objects", ""))


def check_rules(judge, ask, url, status, subscribe, pull):
    """What rules say agrees with the objects in the documents of the same time, in the stream and for who has subscribed."""
    ask(TR2, "SetMetadataConfiguration", metadata("true", events_of("tns1:RuleEngine//.")))
    ask(TAN, "CreateRules", ANALYTICS + line("both") + line("right", "Right") + line("people", more=item("ClassFilter", "Human")) + field("court"))
    subscribe()
    documents = Watch(url, 20).documents()
    found = crossings(documents)
    # A crossing on the last pictures may be told after them.
    expected = [(number, side) for number, side, at in found if at < len(documents) - 10]
    told = [message for _, text in documents for message in messages_of(text)]
    crossed = {rule: sorted(items["ObjectId"] for topic, _, items in told if topic.endswith("Crossed") and items["Rule"] == rule) for rule in ("both", "right", "people")}
    judge.expect(len(expected) >= 3, f"hardly anybody comes over the middle: {expected}")
    missing = [number for number, _ in expected if number not in crossed["both"]]
    judge.expect(not missing, f"of the crossings {expected}, {missing} are not told")
    # One may have been before the first document.
    strange = [number for number in crossed["both"] if number not in [one for one, _, _ in found]]
    judge.expect(len(strange) <= 1, f"{strange} are told to cross, and do not")
    to_right = [number for number, side in expected if side == "Right"]
    may_be = {number for number, side, _ in found if side == "Right"} | set(strange)
    judge.expect(set(to_right) <= set(crossed["right"]) <= may_be, f"to the right cross {to_right}, told are {crossed['right']}")
    people = set(re.findall(r'<tt:Object ObjectId="(\d+)">(?:(?!</tt:Object>).)*?>Human<', "".join(text for _, text in documents)))
    judge.expect(set(crossed["people"]) <= people, f"of {people} people, {crossed['people']} are told to cross")
    inside = [(operation, items["ObjectId"], items["IsInside"]) for topic, operation, items in told if topic.endswith("ObjectsInside")]
    for number in to_right:
        judge.expect(("Initialized", number, "true") in inside, f"{number} has come into the court, which is not told")
    for number in [number for number, side in expected if side == "Left"]:
        judge.expect(("Changed", number, "false") in inside and ("Deleted", number, "false") in inside, f"{number} has left the court, which is not told")
    pulled = pull()
    judge.expect("LineDetector/Crossed" in pulled and "ObjectsInside" in pulled, "who has subscribed is not told of rules")
    rules = status()["analytics"][0]["rules"]
    judge.expect(rules.get("both", 0) >= len(crossed["both"]) and "court" in rules, f"the status tells {rules}")
    ask(TAN, "DeleteRules", ANALYTICS + "".join(f"<RuleName>{name}</RuleName>" for name in ("both", "right", "people", "court")))
