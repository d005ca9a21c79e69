"""Brazilian Portuguese, where it differs from the European: the recipient's page."""

from __future__ import annotations

from dataclasses import replace

from stages.words.pt.page import WORDS as EUROPEAN

WORDS = replace(
    EUROPEAN,
    language="pt-BR",
    skip="Ir para o documento",
    view_hint="Abre o PDF em uma nova guia",
    files="Baixar",
    e_format="Fatura eletrônica",
    e_format_hint="XML, para o seu sistema contábil",
    signature="Contêiner assinado",
    signature_hint="Fatura eletrônica com a assinatura digital",
    e_document="Documento eletrônico",
    e_document_hint="Para o seu sistema de gestão",
    signed_document_hint="Documento eletrônico com a assinatura",
    download="Baixar: {name}",
    confirm="Confirmo o recebimento",
    confirm_lead="Informe {seller} de que você recebeu o documento. Isso não significa que concorde com o conteúdo.",
    confirmed="Recebimento confirmado",
    confirmed_lead="Você confirmou o recebimento em {time}. Obrigado.",
    press_again="Nada foi registrado ainda. Pressione o botão mais uma vez, por favor.",
    superseded="Há uma versão corrigida deste documento. Por favor, use essa versão.",
    valid_until="Esta página é só para você e pode ser aberta até {date}.",
    privacy="Registramos quando esta página é aberta, o que é baixado e quando você confirma o recebimento.",
    expired="Este link expirou",
    expired_lead="Para sua segurança, os links funcionam por tempo limitado. Peça um novo ao remetente.",
    revoked="Este link foi cancelado",
    revoked_lead="O remetente cancelou este link. Se você ainda espera um documento, fale com o remetente.",
    unknown_lead="O link pode ter sido cortado na mensagem. Abra-o de novo a partir dela ou copie-o por inteiro.",
    unavailable="Tente novamente em instantes",
    unavailable_lead="A página não pode ser exibida no momento. Seu link continua válido e nada se perdeu.",
    not_ready="O documento ainda está sendo preparado. Volte um pouco mais tarde, por favor.",
)
