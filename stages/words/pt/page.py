"""Portuguese, as it is written in Portugal: the recipient's page."""

from __future__ import annotations

from stages.words.page import Page

WORDS = Page(
    language="pt",
    own_name="Português",
    skip="Saltar para o documento",
    languages="Idioma",
    nothing_due="Nada a pagar",
    preview_alt="Imagem da primeira página do documento. O texto completo está no PDF.",
    view="Ver o documento",
    view_hint="Abre o PDF num novo separador",
    files="Descarregar",
    pdf="PDF",
    pdf_hint="Para ler e imprimir",
    e_format="Fatura eletrónica",
    e_format_hint="XML, para o seu programa de contabilidade",
    signature="Contentor assinado",
    signature_hint="Fatura eletrónica com a assinatura digital",
    e_document="Documento eletrónico",
    e_document_hint="Para o seu programa de gestão",
    signed_document_hint="Documento eletrónico com a sua assinatura",
    download="Descarregar: {name}",
    confirm="Confirmo a receção",
    confirm_lead="Informe {seller} de que recebeu o documento. Não significa que concorde com o seu conteúdo.",
    confirmed="Receção confirmada",
    confirmed_lead="Confirmou a receção em {time}. Obrigado.",
    press_again="Ainda nada foi registado. Prima o botão mais uma vez, por favor.",
    superseded="Existe uma versão corrigida deste documento. Por favor, utilize essa.",
    valid_until="Esta página é só para si e pode ser aberta até {date}.",
    privacy="Registamos quando esta página é aberta, o que é descarregado e quando confirma a receção.",
    expired="Esta ligação expirou",
    expired_lead="Para sua segurança, as ligações só funcionam durante algum tempo. Peça uma nova ao remetente.",
    revoked="Esta ligação foi anulada",
    revoked_lead="O remetente anulou esta ligação. Se ainda espera um documento, contacte o remetente.",
    unknown="Não há nada neste endereço",
    unknown_lead="A ligação pode ter sido cortada na mensagem. Abra-a de novo a partir daí ou copie-a por inteiro.",
    unavailable="Tente de novo dentro de momentos",
    unavailable_lead="A página não pode ser mostrada neste momento. A sua ligação continua válida e nada se perdeu.",
    not_ready="O documento ainda está a ser preparado. Por favor, volte um pouco mais tarde.",
)
