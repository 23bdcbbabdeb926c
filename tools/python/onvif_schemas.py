"""Checks SOAP messages of ONVIF against the schemas in conformance/onvif, with xmllint."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "conformance/onvif/schemas"
# Services whose messages can be told: the file, and the folder its schema's relative addresses begin in.
SERVICES = ["ver10/device/wsdl/devicemgmt.wsdl", "ver10/media/wsdl/media.wsdl", "ver20/media/wsdl/media.wsdl", "ver20/ptz/wsdl/ptz.wsdl", "ver20/imaging/wsdl/imaging.wsdl",
            "ver10/events/wsdl/event.wsdl", "ver10/deviceio.wsdl", "ver10/recording.wsdl", "ver10/search.wsdl", "ver10/replay.wsdl",
            "ver20/analytics/wsdl/analytics.wsdl"]
SHARED = ["ver10/schema/onvif.xsd", "ver10/schema/common.xsd", "ver10/schema/metadatastream.xsd", "ver20/analytics/humanface.xsd", "ver20/analytics/humanbody.xsd"]
# Addresses in the Internet -> what stands in for them.
IMPORTED = {
    "https://www.w3.org/2005/05/xmlmime": "xmlmime.xsd",
    "https://www.w3.org/2003/05/soap-envelope": "soap_envelope.xsd",
    "http://docs.oasis-open.org/wsn/b-2.xsd": "wsn_b2.xsd",
    "http://docs.oasis-open.org/wsn/t-1.xsd": "wsn_t1.xsd",
    "http://www.w3.org/2005/08/addressing/ws-addr.xsd": "ws_addressing.xsd",
    "https://www.w3.org/2004/08/xop/include": "xop_include.xsd",
}
SCHEMA = re.compile(r"<xs:schema\b([^>]*)>(.*?</xs:schema>)", re.DOTALL)
DEFINITIONS = re.compile(r"<wsdl:definitions\b([^>]*)>")
AMBIGUOUS = re.compile(r'<xs:any namespace="##targetNamespace"[^>]*/>')
DECLARATION = re.compile(r'(xmlns:\w+)=("[^"]*")')
RELATIVE = re.compile(r"(\.\./)+(ver10/schema|ver20/analytics)/")
COMMON = '<xs:include schemaLocation="common.xsd"/>'
TARGET = re.compile(r'targetNamespace="([^"]+)"')


def schema_of(text):
    """The schema inside a service description, with the prefixes that are declared around it."""
    attributes, content = SCHEMA.search(text).groups()
    own = {name for name, _ in DECLARATION.findall(attributes)}
    around = DECLARATION.findall(DEFINITIONS.search(text).group(1))
    inherited = "".join(f" {name}={uri}" for name, uri in around if name not in own)
    return f"<xs:schema{attributes}{inherited}>{content}"


class Schemas:
    """All schemas in one, in a folder that outlives it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        # Where an element that may repeat is followed by any element of the same namespace, a schema of XSD 1.0 is ambiguous, and
        # xmllint refuses it: the copy that is checked with goes without.
        for name in map(pathlib.PurePath, SHARED):
            text = RELATIVE.sub("", (SCHEMAS / name).read_text(encoding="utf-8"))
            if name.name == "onvif.xsd":
                # One namespace in two files: xmllint takes the first that is imported.
                text = text.replace(COMMON, f'{COMMON}<xs:include schemaLocation="metadatastream.xsd"/>')
            (self.folder / name.name).write_text(AMBIGUOUS.sub("", text), encoding="utf-8")
        imports = [("http://www.w3.org/2003/05/soap-envelope", SCHEMAS / "imported/soap_envelope.xsd")]
        for number, service in enumerate(SERVICES):
            schema = RELATIVE.sub("", schema_of((SCHEMAS / service).read_text(encoding="utf-8")))
            path = self.folder / f"service{number}.xsd"
            path.write_text(schema, encoding="utf-8")
            imports.append((TARGET.search(schema).group(1), path))
        rows = "".join(f'<xs:import namespace="{uri}" schemaLocation="{path}"/>' for uri, path in imports)
        self.schema = self.folder / "all.xsd"
        self.schema.write_text(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{rows}</xs:schema>', encoding="utf-8")
        self.catalog = self.folder / "catalog.xml"
        entries = "".join(f'<uri name="{uri}" uri="{SCHEMAS}/imported/{name}"/><system systemId="{uri}" uri="{SCHEMAS}/imported/{name}"/>'
                          for uri, name in IMPORTED.items())
        self.catalog.write_text(f'<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">{entries}</catalog>', encoding="utf-8")

    def wrong(self, messages):
        """name -> what is wrong with it, for those of the messages (name -> text) that are not valid."""
        for name, text in messages.items():
            (self.folder / f"{name}.xml").write_text(text, encoding="utf-8")
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", self.schema, *[f"{name}.xml" for name in messages]],
                              cwd=self.folder, env={"XML_CATALOG_FILES": str(self.catalog), "PATH": "/usr/bin:/bin"},
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        valid = set(re.findall(r"^(\S+)\.xml validates$", done.stderr, re.MULTILINE))
        found = {}
        for name in messages:
            if name in valid:
                continue
            lines = [line for line in done.stderr.splitlines() if line.startswith(f"{name}.xml:")]
            found[name] = "\n".join(lines) or done.stderr[-500:]
        return found
