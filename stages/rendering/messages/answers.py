"""A partner's answer to a document."""

from __future__ import annotations

from schemas.answers import BusinessResponse
from schemas.documents import Note
from stages.rendering.fonts import line
from stages.rendering.messages.contents import Contents, day, long_day, said
from stages.rendering.messages.money import kind_of_document
from stages.rendering.theme import Job


def business_response(document: BusinessResponse, job: Job) -> Contents:
    words = job.words
    answer = words.answers.get(document.status, "")
    explained = [Note(text=document.explanation)] if document.explanation else []
    return Contents(
        glance=(
            (words.answer, answer),
            (words.effective, long_day(document.effective_date, job)),
        ),
        sides=((words.from_party, document.sender), (words.to_party, document.receiver)),
        facts=(
            (words.document, said(document.document_reference)),
            (words.kind, kind_of_document(document.document_type_code, job)),
            (words.document_date, day(document.document_date, job)),
            (words.answer, "" if answer else said(document.status)),
            (words.reasons, ", ".join(words.response_reasons.get(each) or line(each) for each in document.reasons)),
            (words.actions, ", ".join(words.response_actions.get(each) or line(each) for each in document.actions)),
        ),
        notes=(*explained, *document.notes),
    )
