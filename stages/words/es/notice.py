"""Spanish, as it is written in Spain: mail."""

from __future__ import annotations

from stages.words.notice import Notice

WORDS = Notice(
    subject="{kind} {number} de {seller}",
    preheader="{amount} – consulte, descargue y confirme la recepción, sin cuenta.",
    greeting="Hola:",
    greeting_named="Hola, {name}:",
    intro="{seller} tiene un documento para usted.",
    invoice_number="Número de factura",
    number="Número",
    button="Ver documento",
    link_hint="Si el botón no funciona, abra esta dirección en su navegador:",
    expires="El enlace es solo para usted y funciona hasta el {date}.",
    why="Recibe este mensaje porque {seller} ha emitido un documento a su nombre.",
)
