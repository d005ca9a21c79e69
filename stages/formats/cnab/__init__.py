"""CNAB return files of Brazilian banks."""

from __future__ import annotations

from stages.formats.cnab import reader
from stages.formats.format import Format

FORMAT = Format(
    name="cnab",
    title="CNAB 240 and 400 return files",
    fits=reader.fits,
    read=reader.read,
    reads="CNAB 240 (FEBRABAN, Caixa, Santander), CNAB 400 (Banco do Brasil, Bradesco, Itaú, Santander, Sicredi)",
)
