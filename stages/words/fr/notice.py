"""French: mail."""

from __future__ import annotations

from stages.words.notice import Notice

WORDS = Notice(
    subject="{kind} {number} de {seller}",
    preheader="{amount} – consultez, téléchargez et accusez réception, sans créer de compte.",
    greeting="Bonjour,",
    greeting_named="Bonjour {name},",
    intro="{seller} met un document à votre disposition.",
    invoice_number="Numéro de facture",
    number="Numéro",
    button="Voir le document",
    link_hint="Si le bouton ne fonctionne pas, ouvrez cette adresse dans votre navigateur\u00a0:",
    expires="Ce lien est strictement personnel et valable jusqu’au {date}.",
    why="Vous recevez ce message car {seller} a émis un document à votre intention.",
)
