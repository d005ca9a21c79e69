"""The signature of Spanish Facturae: enveloped XAdES-EPES under the format's own policy (`.xsig`).

No time-stamp: FACe refuses signatures that carry one.

Source: Orden HAP/1650/2015; Política de firma electrónica Facturae, version 3.1, 4 and 5; Facturae 3.2.2.
"""

from __future__ import annotations

from typing import Final

from stages.signing.enveloped import Law, Policy
from stages.signing.xmldsig import DIGESTS, INCLUSIVE_C14N

POLICY: Final = Policy(
    identifier="http://www.facturae.es/politica_de_firma_formato_facturae/politica_de_firma_formato_facturae_v3_1.pdf",
    description="Política de Firma FacturaE v3.1",
    # of the published text, fixed with it: the algorithm of today's signatures is another matter
    digest_method=DIGESTS["sha1"],
    digest="Ohixl6upD6av8N7pEvDABhEL6hM=",
)
LAW: Final = Law(
    roots=frozenset({"Facturae"}),
    c14n=INCLUSIVE_C14N,
    policy=POLICY,
    claimed_role="emisor",
    signs_key_info=True,
    first_version=True,
    description="Factura electrónica",
    object_identifier="urn:oid:1.2.840.10003.5.109.10",
)
