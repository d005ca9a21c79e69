"""Facturae's code lists beside those of EN 16931: units, means of payment, taxes, reasons of correction, provinces.

Source: Facturae 3.2.2, Facturaev3_2_2.xsd; UNTDID 4461; UN/ECE Recommendations 20 and 21; INE, codes of provinces.
"""

from __future__ import annotations

PREFIX = "facturae."
"""Begins the name of what only Facturae has, among a document's extras."""

UNITS: dict[str, str] = dict(
    pair.split(":")
    for pair in """
    01:C62 02:HUR 03:KGM 04:LTR 06:XBX 07:XDS 08:XBA 09:XJY 10:XBG 11:XCO 12:XBO 13:XCI 15:CLT 16:CMT 17:XBI 18:DZN
    19:XCS 20:XDJ 21:GRM 22:KMT 23:XCA 24:XBH 25:MTR 26:MMT 28:XPK 29:PTN 30:XRO 31:XEN 32:XTB 33:MTQ 34:SEC 35:WTT
    36:KWH""".split()
)
"""UnitOfMeasure -> Recommendation 20, or 21 with an X. 05 is `other`; 14 (Tetra Brik) and 27 (6-pack) have none."""
UNIT_CODES: dict[str, str] = {unit: code for code, unit in UNITS.items()} | {
    "H87": "01", "EA": "01", "NAR": "01", "PTN": "29", "CT": "06", "BX": "06", "BO": "12", "CS": "19", "PK": "28",
    "RO": "30", "EN": "31", "BG": "10",
}  # fmt: skip

MEANS: dict[str, str] = dict(
    pair.split(":")
    for pair in """
    01:10 02:49 03:1 04:30 05:24 06:70 08:44 09:60 10:62 11:20 12:1 13:1 14:97 15:50 16:26 17:21 18:10 19:48""".split()
)
"""PaymentMeans -> UNTDID 4461."""
MEANS_CODES: dict[str, str] = {
    "10": "01", "49": "02", "59": "02", "30": "04", "31": "04", "42": "04", "58": "04", "24": "05", "44": "08",
    "60": "09", "62": "10", "20": "11", "97": "14", "57": "14", "50": "15", "26": "16", "21": "17", "48": "19",
    "54": "19", "55": "19", "70": "06",
}  # fmt: skip
"""UNTDID 4461 -> PaymentMeans; every other one is 13, `special`."""

TAX_CATEGORIES = {"01": "S", "02": "M", "03": "L"}
"""TaxTypeCode of VAT and of the taxes that stand for it (IPSI, IGIC) -> category where there is a rate."""
TAX_CODES = {"M": "02", "L": "03"}
"""Category -> TaxTypeCode; every other one is 01, VAT."""
TAX_NAMES = {"04": "IRPF", "28": "IRNR"}
"""TaxTypeCode of what is withheld -> its word."""

EVENTS: dict[str, tuple[str, str]] = {
    "E": ("01", "Operación exenta"),
    "K": ("01", "Entrega intracomunitaria exenta, art. 25 de la Ley 37/1992"),
    "G": ("01", "Exportación exenta, art. 21 de la Ley 37/1992"),
    "O": ("02", "Operación no sujeta"),
    "AE": ("02", "Inversión del sujeto pasivo, art. 84 de la Ley 37/1992"),
}
"""Category without tax -> SpecialTaxableEvent: code, and the words that tell which one it is."""

DIFFERENCES = "02"
REASONS: dict[str, str] = {
    "01": "Número de la factura",
    "02": "Serie de la factura",
    "03": "Fecha expedición",
    "04": "Nombre y apellidos/Razón Social-Emisor",
    "05": "Nombre y apellidos/Razón Social-Receptor",
    "06": "Identificación fiscal Emisor/obligado",
    "07": "Identificación fiscal Receptor",
    "08": "Domicilio Emisor/Obligado",
    "09": "Domicilio Receptor",
    "10": "Detalle Operación",
    "11": "Porcentaje impositivo a aplicar",
    "12": "Cuota tributaria a aplicar",
    "13": "Fecha/Periodo a aplicar",
    "14": "Clase de factura",
    "15": "Literales legales",
    "16": "Base imponible",
    "80": "Cálculo de cuotas repercutidas",
    "81": "Cálculo de cuotas retenidas",
    "82": "Base imponible modificada por devolución de envases / embalajes",
    "83": "Base imponible modificada por descuentos y bonificaciones",
    "84": "Base imponible modificada por resolución firme, judicial o administrativa",
    "85": "Base imponible modificada cuotas repercutidas no satisfechas. Auto de declaración de concurso",
}
METHODS: dict[str, str] = {
    "01": "Rectificación íntegra",
    "02": "Rectificación por diferencias",
    "03": "Rectificación por descuento por volumen de operaciones durante un periodo",
    "04": "Autorizadas por la Agencia Tributaria",
}

CENTRES = {"01": "oficina_contable", "02": "organo_gestor", "03": "unidad_tramitadora", "04": "organo_proponente"}
"""RoleTypeCode of an administrative centre -> the option that has its DIR3 code."""

MEDIA_TYPES = {
    "xml": "text/xml", "doc": "application/msword", "gif": "image/gif", "rtf": "application/rtf",
    "pdf": "application/pdf", "xls": "application/vnd.ms-excel", "jpg": "image/jpeg", "bmp": "image/bmp",
    "tiff": "image/tiff", "html": "text/html",
}  # fmt: skip
FORMATS = {media: name for name, media in MEDIA_TYPES.items()} | {"application/xml": "xml"}

LANGUAGES = frozenset(
    """ar be bg ca cs da de el en es et eu fi fr ga gl hr hu is it lv lt mk mt nl no pl pt ro ru sk sl sq sr sv tr uk"""
    .split()
)  # fmt: skip

PROVINCES: tuple[str, ...] = (
    "", "Álava", "Albacete", "Alicante", "Almería", "Ávila", "Badajoz", "Baleares", "Barcelona", "Burgos", "Cáceres",
    "Cádiz", "Castellón", "Ciudad Real", "Córdoba", "A Coruña", "Cuenca", "Girona", "Granada", "Guadalajara",
    "Gipuzkoa", "Huelva", "Huesca", "Jaén", "León", "Lleida", "La Rioja", "Lugo", "Madrid", "Málaga", "Murcia",
    "Navarra", "Ourense", "Asturias", "Palencia", "Las Palmas", "Pontevedra", "Salamanca", "S.C. de Tenerife",
    "Cantabria", "Segovia", "Sevilla", "Soria", "Tarragona", "Teruel", "Toledo", "Valencia", "Valladolid", "Bizkaia",
    "Zamora", "Zaragoza", "Ceuta", "Melilla",
)  # fmt: skip
"""By the first two digits of a Spanish postal code."""
