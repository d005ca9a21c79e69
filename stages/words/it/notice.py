"""Italian: mail."""

from __future__ import annotations

from stages.words.notice import Notice

WORDS = Notice(
    subject="{kind} {number} da {seller}",
    preheader="{amount} – visualizzi, scarichi e confermi la ricezione, senza registrarsi.",
    greeting="Buongiorno,",
    greeting_named="Gentile {name},",
    intro="{seller} mette un documento a Sua disposizione.",
    invoice_number="Numero fattura",
    number="Numero",
    button="Visualizza il documento",
    link_hint="Se il pulsante non funziona, apra questo indirizzo nel Suo browser:",
    expires="Il link è personale e valido fino al {date}.",
    why="Riceve questo messaggio perché {seller} ha emesso un documento a Suo nome.",
)
