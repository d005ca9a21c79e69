"""Brazilian Portuguese, where it differs from the European: the PDF, and what mail and page say alike."""

from __future__ import annotations

from dataclasses import replace

from stages.words.pt.printed import WORDS as EUROPEAN
from stages.words.pt_br.units import UNITS

WORDS = replace(
    EUROPEAN,
    language="pt-BR",
    titles={
        **EUROPEAN.titles,
        "corrected_invoice": "Fatura retificadora",
        "self_billed_invoice": "Fatura em autofaturamento",
        "self_billed_credit_note": "Nota de crédito em autofaturamento",
        "order": "Pedido",
        "order_response": "Resposta ao pedido",
        "receiving_advice": "Aviso de recebimento",
        "open_items": "Extrato de títulos em aberto",
    },
    tax_number="Nº fiscal",
    registration="Nº de registro",
    buyer_reference="Sua referência",
    order="Pedido",
    despatch_advice="Nota de remessa",
    receiving_advice="Aviso de recebimento",
    tender="Licitação",
    item="Item",
    seller_item="Item nº {number}",
    buyer_item="Seu item nº {number}",
    order_line="Linha do pedido {number}",
    taxable="Base de cálculo",
    payment_means={
        **EUROPEAN.payment_means,
        "10": "Dinheiro",
        "31": "Débito em conta",
        "49": "Débito automático",
        "68": "Pagamento on-line",
    },
    scan_to_pay="Escaneie para pagar",
    ordered_by="Pedido por",
    requested_by="Solicitado por",
    carrier="Transportadora",
    requested_delivery="Entrega solicitada",
    quotation="Cotação",
    previous_order="Pedido anterior",
    tracking="Código de rastreamento",
    ordered="Pedido",
    accepted="Aceito",
    rejected="Recusado",
    not_orderable="Não disponível para pedido",
    cash_discount="Desconto por antecipação",
    answers={
        **EUROPEAN.answers,
        "AP": "Aceito",
        "CA": "Aceito com alterações",
        "RE": "Recusado",
    },
    line_statuses={
        **EUROPEAN.line_statuses,
        "1": "Adicionado",
        "5": "Aceito",
        "7": "Não aceito",
    },
    response_reasons={**EUROPEAN.response_reasons, "ITM": "Itens"},
    units=UNITS,
)
