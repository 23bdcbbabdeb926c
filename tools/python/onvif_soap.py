"""SOAP as ONVIF clients send it: envelopes, WS-UsernameTokens, and messages that no service must take."""
import base64
import datetime
import hashlib
import os
import urllib.error
import urllib.request

from vmsd_client import PATIENCE

OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
# The last part of a service's address, and its namespace.
TDS = ("device_service", "http://www.onvif.org/ver10/device/wsdl")
TRT = ("media_service", "http://www.onvif.org/ver10/media/wsdl")
TR2 = ("media2_service", "http://www.onvif.org/ver20/media/wsdl")
PTZ = ("ptz_service", "http://www.onvif.org/ver20/ptz/wsdl")
SCHEMA = 'xmlns:tt="http://www.onvif.org/ver10/schema"'
SETUP = f"<StreamSetup><tt:Stream {SCHEMA}>RTP-Unicast</tt:Stream><tt:Transport {SCHEMA}><tt:Protocol>RTSP</tt:Protocol></tt:Transport></StreamSetup>"


def envelope(content, header=""):
    return f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>{header}</s:Header><s:Body>{content}</s:Body></s:Envelope>'


def token(name, password, created=None, kind="PasswordDigest"):
    """A UsernameToken as the profile of OASIS has it."""
    created = (created or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y-%m-%dT%H:%M:%SZ")
    nonce = os.urandom(16)
    secret = password
    if kind == "PasswordDigest":
        secret = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    return (f'<Security xmlns="{OASIS}-wssecurity-secext-1.0.xsd" xmlns:u="{OASIS}-wssecurity-utility-1.0.xsd"><UsernameToken>'
            f'<Username>{name}</Username><Password Type="{OASIS}-username-token-profile-1.0#{kind}">{secret}</Password>'
            f'<Nonce>{base64.b64encode(nonce).decode()}</Nonce><u:Created>{created}</u:Created></UsernameToken></Security>')


def user(name, level, password=None):
    secret = f"<tt:Password>{password}</tt:Password>" if password else ""
    return f"<User {SCHEMA}><tt:Username>{name}</tt:Username>{secret}<tt:UserLevel>{level}</tt:UserLevel></User>"


def post(url, text, headers=None, context=None):
    """Status and text of the answer."""
    request = urllib.request.Request(url, data=text.encode(), headers={"Content-Type": "application/soap+xml", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def bombs():
    """What is to be refused -> the message."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    depth = 4000
    return {
        "entities": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]>{envelope("&a9;")}',
        "depth": envelope("<a>" * depth + "</a>" * depth),
        "much depth": envelope("<a>" * 9000 + "</a>" * 9000),
        "no XML": "\0\1\2 hello",
        "a blank": " ",
        "half": envelope("<a/>")[:-20],
        "no envelope": "<html><body/></html>",
        "no body": '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>',
        "empty body": envelope(""),
        "wrong namespace": envelope('<GetHostname xmlns="http://example.org"/>'),
    }


def many_attributes(count=5000):
    """No bomb in itself; whoever takes it must not be held up by it."""
    return envelope(f'<GetHostname xmlns="{TDS[1]}" ' + " ".join(f'a{n}="1"' for n in range(count)) + "/>")


def false_host(url):
    """Names of the host come back in addresses only when they are names: whether this one does."""
    content = f'<GetServices xmlns="{TDS[1]}"><IncludeCapability>false</IncludeCapability></GetServices>'
    status, text = post(url, envelope(content), {"Host": '"><evil/>:80'})
    return "evil" in text or status not in (200, 400)
