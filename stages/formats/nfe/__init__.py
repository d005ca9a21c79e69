"""NF-e 4.00: the Brazilian invoice of goods; read only, for it is issued through the authority of each state."""

from __future__ import annotations

from stages.formats.format import Format
from stages.formats.nfe import reader

FORMAT = Format(name="nfe", title="NF-e 4.00", fits=reader.fits, read=reader.read, reads="NF-e 4.00 (nfeProc, NFe)")
