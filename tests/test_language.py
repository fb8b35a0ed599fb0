"""In which language a mail is written, and that nothing is guessed."""

from __future__ import annotations

import pytest

from triage import language

GERMAN = "Guten Tag, ich habe Ihnen vor drei Wochen wegen der Heizung geschrieben und noch keine Antwort bekommen. Bitte melden Sie sich."
POLISH = "Dzień dobry, pisałam do państwa dwa tygodnie temu w sprawie windy i nie dostałam żadnej odpowiedzi. Proszę o kontakt."
FRENCH = (
    "Bonjour, je vous ai écrit il y a trois semaines au sujet de la porte et je n'ai pas eu de réponse. Merci de me rappeler."
)
SPANISH = "Hola, les escribí hace tres semanas por la gotera del baño y todavía no me han contestado. Gracias por su ayuda."
WELSH = "Annwyl bawb, rydw i wedi ysgrifennu atoch chi am y drws ac nid oes neb wedi ateb eto. Diolch yn fawr i chi am eich help."
IRISH = (
    "A chairde, scríobh mé chugaibh faoin doras trí seachtaine ó shin agus níl aon fhreagra agam go fóill. Go raibh maith agaibh."
)
RUSSIAN = "Здравствуйте, три недели назад я писала вам об отоплении и до сих пор не получила ответа."
DUTCH = "Goedemorgen, ik heb u drie weken geleden geschreven over de verwarming en ik heb nog geen antwoord van u gekregen."


@pytest.mark.parametrize(
    ("text", "code"),
    [(GERMAN, "de"), (POLISH, "pl"), (FRENCH, "fr"), (SPANISH, "es"), (WELSH, "cy"), (IRISH, "ga"), (DUTCH, "nl")],
)
def test_a_mail_is_told_by_its_small_words(text: str, code: str) -> None:
    spoken = language.of(text)
    assert (spoken.code, spoken.foreign, spoken.beside_english) == (code, True, False)


def test_other_letters_than_latin_ones_are_named_by_their_script() -> None:
    assert language.of(RUSSIAN).name == "a language in Cyrillic letters"


@pytest.mark.parametrize(
    "text",
    [
        "ok thanks",
        "No. As I said, an answer is all I need, so go on and do it.",
        "A heron? An owl? I might as well ask a man to go and see.",
        "Flat 4, 12 Mill Lane, 0161 496 0000, J. Kowalska",
        'My neighbour said "je vais te tuer" to me yesterday.',
        "pls heating broke baby cold no reply 3 week",
        "The schnitzel was superb, das beste, but the bill is wrong and I would like it corrected.",
        "I am dying for a siesta, mi amigo, but the boiler man is coming at four.",
        "",
    ],
)
def test_english_with_foreign_words_names_and_a_few_words_are_never_called_another_language(text: str) -> None:
    assert not language.of(text).foreign


def test_a_sentence_of_english_in_a_foreign_mail_is_noticed() -> None:
    assert language.of(f"{GERMAN} I have asked you three times and you are a useless liar.").beside_english
