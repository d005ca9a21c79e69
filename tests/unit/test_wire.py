"""What stands on a topic is read by others, too: it is a CloudEvent as their library reads one.

Source: CloudEvents 1.0, Kafka protocol binding 3.2 (binary content mode)
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from pipeline.runner import outgoing

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DOCUMENT, EXPORT = UUID(int=1), UUID(int=2)
MESSAGE = {"tenant": "acme", "document_id": str(DOCUMENT), "export_id": str(EXPORT), "schema_version": 1}


def test_a_message_is_a_cloud_event():
    """Another maker's reader finds type, source, subject, time and our extensions, and the value whole."""
    sent = outgoing("entrega.document.signed", MESSAGE, NOW)
    event = from_binary(KafkaMessage(dict(sent.headers), sent.key, sent.value), JSONFormat())
    assert event.get_specversion() == "1.0"
    assert event.get_type() == "entrega.document.signed"
    assert event.get_source() == "/entrega"
    assert event.get_subject() == event.get_extension("partitionkey") == str(DOCUMENT)
    assert event.get_time() == NOW
    assert event.get_datacontenttype() == "application/json"
    assert (event.get_extension("tenant"), event.get_extension("batch")) == ("acme", str(EXPORT))
    assert event.get_data() == MESSAGE


def test_every_sending_is_an_event_of_its_own():
    """Source and id together are unique: a consumer may drop what it has seen."""
    ids = {outgoing("entrega.document.signed", MESSAGE, NOW).headers["ce_id"] for _ in range(3)}
    assert len(ids) == 3
