"""PDF/A-3b: what makes ReportLab's PDF an archive file, with the e-format inside.

The e-format is embedded with `AFRelationship` Alternative. ISO 19005-3 annex E offers: Source, where the page was
made from the file (ours is drawn from the canonical invoice, and the file beside it from the same); Data, where the
file holds the figures behind a table or chart and is less than the page; Alternative, where the file says the same
in another form, whole. UBL and page are two forms of one whole invoice.

A target that is meant to travel inside the PDF (Factur-X) says itself how, and only then the metadata say that the PDF
is such a hybrid: a reader that believed it of another would look for what is not there.

Source: ISO 19005-3:2012 (6.2.3 output intent, 6.6.2 XMP, 6.8 embedded files); ISO 32000-1 14.3.2, 14.4, 7.11.4;
Factur-X 1.09 (name, relationship, extension schema).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

from stages.formats.format import Embedding, Target
from stages.formats.options import Options
from stages.rendering.brand import packed_logo
from stages.rendering.painting import LOGO

PRODUCER = "Entrega"
_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class EmbeddedFile:
    """The e-format that travels inside the PDF: "invoice.xml", its bytes, "application/xml"."""

    file_name: str
    content: bytes
    media_type: str = "application/xml"
    description: str = ""
    hybrid: Embedding | None = None
    """What makes the PDF and this file one document, where the file's target says so."""


def embedded_file(target: Target, options: Options, name: str, content: bytes) -> EmbeddedFile:
    """The bytes of a target as they are to lie in the PDF: under `name`, or as the target has it."""
    hybrid = target.embedding(options) if target.embedding else None
    return EmbeddedFile(hybrid.file_name if hybrid else name, content, target.media_type, "", hybrid)


@dataclass(frozen=True)
class Description:
    """What the file says of itself: in XMP and, the same, in the information dictionary."""

    title: str
    author: str
    language: str
    created: datetime


def archive(pdf: bytes, describe: Description, embedded: EmbeddedFile | None, logo: bytes | None) -> bytes:
    """The same pages as PDF/A-3b. Equal input gives equal bytes: the file's /ID is a digest of what is in it.

    `logo`, where there is one, is what the first page draws as `LOGO`: here its samples are put in as they were packed
    once for the brand, while ReportLab would pack them for every document. `pdf` must have all fonts embedded and only
    DeviceRGB and DeviceGray colours. No object streams: what signs it afterwards reads a plain table faster.
    """
    import pikepdf
    from pikepdf import Array, Dictionary, Name, Stream, String

    with pikepdf.open(BytesIO(pdf)) as file:
        root = file.Root
        root.Lang = String(describe.language)
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        xmp = Stream(file, _xmp(describe, embedded.hybrid if embedded else None))
        xmp.Type, xmp.Subtype = Name.Metadata, Name.XML
        root.Metadata = file.make_indirect(xmp)
        profile = Stream(file, _srgb())
        profile.N = 3
        intent = Dictionary(
            Type=Name.OutputIntent,
            S=Name.GTS_PDFA1,
            OutputConditionIdentifier=String("sRGB"),
            Info=String("sRGB IEC61966-2.1"),
            RegistryName=String("http://www.color.org"),
            DestOutputProfile=file.make_indirect(profile),
        )
        root.OutputIntents = Array([file.make_indirect(intent)])
        if embedded is not None:
            root.AF = Array([_embed(file, embedded, describe.created)])
        if logo is not None:
            _give_logo(file, logo)
        stamp = String(_pdf_date(describe.created))
        file.trailer.Info = file.make_indirect(
            Dictionary(
                Title=String(describe.title),
                Author=String(describe.author),
                Creator=String(PRODUCER),
                Producer=String(PRODUCER),
                CreationDate=stamp,
                ModDate=stamp,
            )
        )
        # Its first half would stay, and ReportLab's is the same for many documents.
        del file.trailer["/ID"]
        out = BytesIO()
        file.save(
            out,
            force_version="1.7",
            fix_metadata_version=False,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
        return out.getvalue()


def _embed(file: object, embedded: EmbeddedFile, created: datetime) -> object:
    import pikepdf

    assert isinstance(file, pikepdf.Pdf)
    stamp = _pdf_date(created)
    spec = pikepdf.AttachedFileSpec(
        file,
        embedded.content,
        filename=embedded.file_name,
        description=embedded.description or embedded.file_name,
        mime_type=embedded.media_type,
        creation_date=stamp,
        mod_date=stamp,
    )
    relationship = embedded.hybrid.relationship if embedded.hybrid else "Alternative"
    spec.relationship = pikepdf.Name(f"/{relationship}")
    file.attachments[embedded.file_name] = spec
    return spec.obj


def _give_logo(file: object, logo: bytes) -> None:
    import pikepdf
    from pikepdf import Dictionary, Name

    assert isinstance(file, pikepdf.Pdf)
    width, height, packed = packed_logo(logo)
    image = pikepdf.Stream(file, b"")
    image.write(packed, filter=Name.FlateDecode)
    image.Type, image.Subtype = Name.XObject, Name.Image
    image.Width, image.Height, image.BitsPerComponent, image.ColorSpace = width, height, 8, Name.DeviceRGB
    file.pages[0].Resources.XObject = Dictionary({f"/{LOGO}": file.make_indirect(image)})


@cache
def _srgb() -> bytes:
    """An sRGB profile (ICC v4). LittleCMS writes the time of its making into the header; ours is the same each day."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # ICC.1:2010 table 17: dateTimeNumber at 24, six big-endian 16-bit numbers. The standard's own date.
    profile[24:36] = b"".join(part.to_bytes(2, "big") for part in (2010, 12, 1, 0, 0, 0))
    return bytes(profile)


def _pdf_date(moment: datetime) -> str:
    return moment.strftime("D:%Y%m%d%H%M%S+00'00'")


def _text(value: str) -> str:
    """Escaped, without what XML 1.0 cannot hold."""
    return escape(_ILLEGAL.sub(" ", value))


_HYBRID = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentType": "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER",
    "DocumentFileName": "The name of the embedded XML document",
    "Version": "The actual version of the standard applying to the embedded XML document",
    "ConformanceLevel": "The conformance level of the embedded XML document",
}
"""Of Factur-X's extension schema, which PDF/A wants described in the file itself (ISO 19005-3, 6.6.2.3.3)."""


def _hybrid(embedding: Embedding | None) -> str:
    if embedding is None:
        return ""
    properties = "".join(
        f"""
        <rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>
         <pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>
         <pdfaProperty:description>{said}</pdfaProperty:description></rdf:li>"""
        for name, said in _PROPERTIES.items()
    )
    return f"""
  <rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
   <pdfaExtension:schemas><rdf:Bag>
    <rdf:li rdf:parseType="Resource">
     <pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
     <pdfaSchema:namespaceURI>{_HYBRID}</pdfaSchema:namespaceURI>
     <pdfaSchema:prefix>fx</pdfaSchema:prefix>
     <pdfaSchema:property><rdf:Seq>{properties}
     </rdf:Seq></pdfaSchema:property>
    </rdf:li>
   </rdf:Bag></pdfaExtension:schemas>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:fx="{_HYBRID}">
   <fx:DocumentType>INVOICE</fx:DocumentType>
   <fx:DocumentFileName>{embedding.file_name}</fx:DocumentFileName>
   <fx:Version>{embedding.version}</fx:Version>
   <fx:ConformanceLevel>{embedding.conformance}</fx:ConformanceLevel>
  </rdf:Description>"""


def _xmp(describe: Description, hybrid: Embedding | None) -> bytes:
    moment = describe.created.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <pdfaid:part>3</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{_text(describe.title)}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{_text(describe.author)}</rdf:li></rdf:Seq></dc:creator>
   <dc:language><rdf:Bag><rdf:li>{_text(describe.language)}</rdf:li></rdf:Bag></dc:language>
   <pdf:Producer>{PRODUCER}</pdf:Producer>
   <xmp:CreatorTool>{PRODUCER}</xmp:CreatorTool>
   <xmp:CreateDate>{moment}</xmp:CreateDate>
   <xmp:ModifyDate>{moment}</xmp:ModifyDate>
   <xmp:MetadataDate>{moment}</xmp:MetadataDate>
  </rdf:Description>{_hybrid(hybrid)}
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>""".encode()
