"""Brazilian Portuguese, where it differs from the European: mail."""

from __future__ import annotations

from dataclasses import replace

from stages.words.pt.notice import WORDS as EUROPEAN

WORDS = replace(
    EUROPEAN,
    preheader="{amount} – visualize, baixe e confirme o recebimento, sem cadastro.",
    intro="{seller} enviou um documento para você.",
    expires="O link é só para você e vale até {date}.",
    why="Você recebe esta mensagem porque {seller} emitiu um documento para você.",
)
