"""Portuguese, as it is written in Portugal: mail."""

from __future__ import annotations

from stages.words.notice import Notice

WORDS = Notice(
    subject="{kind} {number} de {seller}",
    preheader="{amount} – consulte, descarregue e confirme a receção, sem conta.",
    greeting="Olá,",
    greeting_named="Olá, {name},",
    intro="{seller} tem um documento para si.",
    invoice_number="Número da fatura",
    number="Número",
    button="Ver documento",
    link_hint="Se o botão não funcionar, abra este endereço no seu navegador:",
    expires="A ligação é só para si e é válida até {date}.",
    why="Recebe esta mensagem porque {seller} emitiu um documento para si.",
)
