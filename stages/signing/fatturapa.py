"""The signature of Italian FatturaPA inside the XML: enveloped XAdES-BES, which the exchange system takes as `.xml`.

The reference has the URI "" that the system asks for, and covers the whole document.

Source: Agenzia delle Entrate, Specifiche tecniche FatturaPA 1.2.2, 2.2 and allegato B; DPCM 22 febbraio 2013, 63.
"""

from __future__ import annotations

from typing import Final

from stages.signing.enveloped import Law

LAW: Final = Law(roots=frozenset({"FatturaElettronica", "FatturaElettronicaSemplificata"}))
