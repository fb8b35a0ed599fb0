"""Mail that no person wrote (RFC 3834)."""

from __future__ import annotations

import pytest

from triage.automatic import reason


def why(subject: str = "Boiler", sender: str = "ann@mail.example", kind: str = "text/plain", **fields: str) -> str:
    headers = {name.replace("_", "-"): [value] for name, value in fields.items()}
    return reason(headers, sender=sender, subject=subject, content_type=kind)


def test_what_says_itself_that_it_is_automatic_is() -> None:
    assert why(auto_submitted="auto-replied; owner-email=x@y.example") == "it says so itself (Auto-Submitted: auto-replied)"


def test_what_says_that_it_is_not_automatic_is_a_persons_whatever_its_subject() -> None:
    assert why(auto_submitted="no", subject="Automatic reply: Boiler", precedence="bulk") == ""


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Boiler",
        "Abwesenheitsnotiz: Kessel",
        "Réponse automatique : Chaudière",
        "Automatisch antwoord: Ketel",
        "Автоответ: Котёл",
        "自动回复: 锅炉",
        "OUT OF OFFICE: back Monday",
    ],
)
def test_an_absence_note_is_known_by_how_its_subject_begins(subject: str) -> None:
    assert "automatic reply" in why(subject)


def test_a_person_may_write_about_automatic_replies() -> None:
    assert why("Your automatic reply never answers anything") == ""


def test_reports_empty_return_paths_and_mail_machines_are_automatic() -> None:
    assert "multipart/report" in why(kind="multipart/report")
    assert "empty return path" in why(return_path="<>")
    assert "machine" in why(sender="mailer-daemon@mx.example")
    assert why(return_path="<ann@mail.example>") == ""


def test_a_post_to_a_list_is_a_persons_and_a_bulk_mail_is_not() -> None:
    assert why(list_id="<tenants.lists.example>", precedence="list") == ""
    assert why(list_id="<tenants.lists.example>", precedence="bulk") == ""
    assert "Precedence: bulk" in why(precedence="bulk")
    assert why(x_auto_response_suppress="All") == ""
