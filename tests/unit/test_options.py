"""Options of formats: what each takes is said once; profile, recipients file and command line are held to it."""

from __future__ import annotations

import io

import pytest

from pipeline.recipients import read_recipients
from schemas.errors import ConfigurationError, Finding
from schemas.tenants import TenantProfile
from stages.formats import registry

RIGHT = [
    ("edifact-d96a", "charset", "UNOW"),
    ("edifact-d01b", "association", "EAN011"),
    ("x12-5010", "test", "no"),
    ("factur-x", "profile", "basic-wl"),
    ("fatturapa", "regime_fiscale", "RF19"),
    ("fatturapa", "codice_destinatario", "UFABCD"),
    ("fatturapa", "pec", "ufficio@pec.example.it"),
    ("fatturapa", "id_trasmittente", "IT01234567890"),
    ("fatturapa", "progressive", "00001"),
    ("fatturapa", "natura_ae", "N6.3"),
    ("facturae", "oficina_contable", "L01280658"),
    ("facturae", "correction_reason", "80"),
    ("ksef-fa3", "corrected_ksef_number", "none"),
    ("ksef-fa3", "corrected_ksef_number", "5265877635-20250916-010040741B3E-46"),
    ("ksef-fa3", "created", "2026-11-02T10:00:00Z"),
]
WRONG = [
    ("edifact-d96a", "test", "perhaps", "yes, no"),
    ("edifact-d96a", "charset", "UTF-8", "UNOA, UNOB"),
    ("edifact-d01b", "association", "EANCOM 2002", "1 to 6 capitals and digits"),
    ("x12-4010", "test", "true", "yes, no"),
    ("factur-x", "profile", "minimum", "basic-wl, basic"),
    ("fatturapa", "regime_fiscale", "RF03", "RF01, RF02, RF04"),
    ("fatturapa", "codice_destinatario", "12345", "six characters"),
    ("fatturapa", "pec", "nobody", "an e-mail address"),
    ("fatturapa", "natura_z", "N3", "N3.1"),
    ("fatturapa", "tipo_documento", "TD29", "TD01"),
    ("fatturapa", "progressive", "--", "1 to 10 characters"),
    ("facturae", "correction_method", "5", "01, 02, 03, 04"),
    ("facturae", "language", "xx", "ar, be"),
    ("ksef-fa3", "jst", "yes", "1, 2"),
    ("ksef-fa3", "corrected_ksef_number", "123", "none, or a number"),
    ("ksef-fa3", "created", "2026-13-02T10:00:00Z", "a time such as"),
]


@pytest.mark.parametrize(("target", "option", "value"), RIGHT)
def test_what_an_option_takes_is_taken(target: str, option: str, value: str) -> None:
    """By the target, and in a line of recipients."""
    registry.target(target).check({option: value})
    assert isinstance(_line(target, f"{option}={value}"), dict)


@pytest.mark.parametrize(("target", "option", "value", "told"), WRONG)
def test_another_value_is_refused_with_what_is_right(target: str, option: str, value: str, told: str) -> None:
    """The command line and the tenant's profile name the option and what it takes; a line of recipients is left out."""
    with pytest.raises(ConfigurationError) as refused:
        registry.target(target).check({option: value})
    assert f"{target}: the option {option} takes " in refused.value.text
    assert told in refused.value.text
    found = _line(target, f'"{option}={value}"')
    assert isinstance(found, Finding)
    place = "line 2, column format_options"
    assert (found.rule, found.place, found.found) == ("format-option-wrong", place, f"{option}={value}")
    assert told in (found.expected or "")


def test_an_address_is_not_repeated() -> None:
    """A wrong value may be somebody's address: the error of a setting goes to logs."""
    with pytest.raises(ConfigurationError) as refused:
        registry.target("fatturapa").check({"pec": "anna bianchi@pec.example.it"})
    assert "anna" not in refused.value.text


def test_an_unknown_option_is_refused_with_those_that_there_are() -> None:
    """For every target, also one without any."""
    for target in registry.targets().values():
        with pytest.raises(ConfigurationError) as refused:
            target.check({"colour": "red"})
        known = ", ".join(target.options) or "none"
        assert refused.value.text == f"{target.name} has no option 'colour'; there are: {known}"
    found = _line("peppol", "colour=red")
    assert isinstance(found, Finding)
    assert (found.rule, found.expected) == ("format-option-unknown", "none")


def test_each_option_says_what_it_is_for_and_what_it_takes() -> None:
    """The table that `entrega formats --options` prints has no empty cell."""
    for target in registry.targets().values():
        assert all(option.what and option.takes for option in target.options.values()), target.name


def test_a_tenants_profile_is_held_to_it() -> None:
    """Before anything starts, with the tenant's name."""
    from pipeline.preparing import check_profile

    profile = TenantProfile.model_validate(
        {"tenant": "demo", "brand": {"name": "Demo"}, "format_options": {"x12-5010": {"test": "perhaps"}}}
    )
    with pytest.raises(ConfigurationError) as refused:
        check_profile(profile)
    assert refused.value.text == "demo: x12-5010: the option test takes yes, no, not 'perhaps'"


def test_a_tenants_language_has_texts() -> None:
    """Before anything starts: nobody is written to in English because the profile asked for what there is not."""
    from pipeline.preparing import check_profile

    with pytest.raises(ConfigurationError, match="demo: the language fi has no texts; there are de, en, es, fr, it"):
        check_profile(TenantProfile.model_validate({"tenant": "demo", "brand": {"name": "Demo"}, "language": "fi"}))
    check_profile(TenantProfile.model_validate({"tenant": "demo", "brand": {"name": "Demo"}, "language": "de-AT"}))


def test_a_tenants_zone_is_one_of_the_iana_data() -> None:
    """Before anything starts, with the setting's name: nobody is called at night because of a misspelt zone."""
    from pipeline.preparing import check_profile

    def checked(zone: str) -> None:
        profile = {"tenant": "demo", "brand": {"name": "Demo"}, "policy": {"timezone": zone}}
        check_profile(TenantProfile.model_validate(profile))

    with pytest.raises(ConfigurationError) as refused:
        checked("Europe/Lisboa")
    assert refused.value.text == (
        "demo: policy.timezone: found 'Europe/Lisboa', expected a name of the IANA data: Europe/Lisbon; "
        "perhaps Europe/Lisbon or Europe/Riga"
    )
    with pytest.raises(ConfigurationError, match=r"policy\.timezone"):
        checked("")
    checked("America/Sao_Paulo")


def test_an_edi_format_asks_for_a_mailbox() -> None:
    """On the line, or on another one of the same party; the channel edi asks for it on its own line."""
    head = "name,erp_id,email,channel,contact,formats,mailbox\n"
    assert _rules(f"{head}A,1,a@example.pt,,,edifact-d96a,\n") == [("mailbox-missing", "edifact-d96a")]
    assert _rules(f"{head}A,1,,,,x12-5010 peppol,ZZ:A\nA,1,a@example.pt,,second,x12-5010 peppol,\n") == []
    assert _rules(f"{head}A,1,,,,x12-5010,ZZ:A\nB,2,b@example.pt,,,x12-5010,\n") == [("mailbox-missing", "x12-5010")]
    assert _rules(f"{head}A,1,a@example.pt,edi,,,\n") == [("mailbox-missing", "channel edi")]


def _line(target: str, options: str) -> dict[str, str] | Finding:
    quoted = options.replace('"', '""')
    text = f'name,erp_id,formats,format_options,mailbox\nA,1,{target},"{quoted}",ZZ:A\n'
    (line,) = read_recipients(io.StringIO(text))
    return line.faults[0] if line.faults else line.row


def _rules(text: str) -> list[tuple[str, str | None]]:
    return [(fault.rule, fault.found) for line in read_recipients(io.StringIO(text)) for fault in line.faults]
