"""Briefs as clients write them, in four languages: what is read, and what is listed as assumed."""

from __future__ import annotations

import csv
import os
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from circletake.domain.brief import Brief
from circletake.errors import BriefError
from circletake.plan.reading import Requirements, read_brief
from tests.plan.footage import TODAY

SHARED = Path(os.environ.get("CIRCLETAKE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))

# brief, language, seconds, aspect, tone, form
BRIEFS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("A 15 second teaser for a ferry line, calm", "en", "15", "16:9", "calm", "teaser"),
    ("We need a 20 second teaser for a ferry line, playful.", "en", "20", "16:9", "playful", "teaser"),
    ("1:30 trailer for a heist film, tense: a vault, a clock, two brothers", "en", "90", "16:9", "tense", "trailer"),
    ("Documentary about a lighthouse, a minute and a half, melancholic", "en", "90", "16:9", "melancholic",
     "documentary opening"),
    ("Ten second loop for the lobby, black and white, ink in water, hypnotic, square", "en", "10", "1:1", "hypnotic",
     "mood film"),
    ("6s bumper, neon city, euphoric, US", "en", "6", "9:16", "euphoric", "social cut-down"),
    ("Music video, half a minute, dreamy, clouds over a lake", "en", "30", "16:9", "gentle", "music video"),
    ("A :30 spot for a bakery that opens on hands and ends on bread, warm", "en", "30", "16:9", "warm", "product spot"),
    ("Two minutes, brand film for a shipyard, honest", "en", "120", "16:9", "honest", "brand film"),
    ("Recap of the regatta for TikTok, forty-five seconds, joyful", "en", "45", "9:16", "joyful", "event recap"),
    ("Cold open in portrait, 12 sec, eerie: a telephone that rings in an empty office", "en", "12", "9:16", "uneasy",
     "cold open"),
    ("Safety film about forklifts, 40s, friendly, 4:5", "en", "40", "4:5", "friendly", "public information film"),
    ("Hochkant-Teaser, 12 Sekunden, verspielt, ein Hund am Strand", "de", "12", "9:16", "playful", "teaser"),
    ("Kinotrailer für einen Thriller, anderthalb Minuten: ein leerer Bahnhof, Nebel, Schritte", "de", "90", "16:9",
     "tense", "trailer"),
    ("Ein 20-sekündiger Werbespot für eine Bäckerei, gemütlich: Brot, Hände, Morgenlicht", "de", "20", "16:9", "warm",
     "product spot"),
    ("Quadratischer Clip fürs Netz, fünfzehn Sekunden, trockener Humor, eine Flasche als Figur", "de", "15", "1:1",
     "dry humour", "teaser"),
    ("Rückblick auf das Sommerfest, 45 Sekunden, fröhlich, Querformat", "de", "45", "16:9", "joyful", "event recap"),
    ("Recruitingfilm für Pflegekräfte, eine Minute, ehrlich, ohne Musik", "de", "60", "16:9", "honest",
     "recruitment film"),
    ("Dokumentarfilm über einen Leuchtturm, eine halbe Minute, wehmütig: Meer, Möwen, Wind", "de", "30", "16:9",
     "melancholic", "documentary opening"),
    ("Bande-annonce d'un film d'horreur, 45 secondes, noir et blanc : un couloir, une porte, la nuit", "fr", "45",
     "16:9", "dread", "trailer"),
    ("Spot vertical de vingt secondes pour une boulangerie, chaleureux : pain chaud, mains", "fr", "20", "9:16", "warm",
     "product spot"),
    ("Film de recrutement pour une usine, une minute et demie, ton honnête", "fr", "90", "16:9", "honest",
     "recruitment film"),
    ("Format carré, 15 secondes, une fleur qui s'ouvre, tendre, publicité pour un fleuriste", "fr", "15", "1:1",
     "tender", "product spot"),
    ("Teaser pour une exposition d'astronomie, 25 secondes, émerveillement, étoiles et montagnes", "fr", "25", "16:9",
     "awe", "teaser"),
    ("Un poème visuel de 40 secondes, calme : un lac, la brume, l'aube", "fr", "40", "16:9", "calm", "mood film"),
    ("Tráiler de 40 segundos, tono tenso: una ciudad vacía, la lluvia, un hombre", "es", "40", "16:9", "tense",
     "trailer"),
    ("Anuncio cuadrado, quince segundos, café recién hecho, manos, vapor, cálido", "es", "15", "1:1", "warm",
     "product spot"),
    ("Vídeo vertical de 20 segundos, resumen del concierto de anoche, eufórico", "es", "20", "9:16", "euphoric",
     "event recap"),
    ("Documental sobre un faro, minuto y medio no, 35 segundos, melancólico: mar, viento", "es", "35", "16:9",
     "melancholic", "documentary opening"),
    ("Escena inicial de 20 segundos, inquietante: una habitación vacía, una puerta", "es", "20", "16:9", "uneasy",
     "cold open"),
    ("Pieza para redes de 10 segundos, divertida, un gato y una pelota", "es", "10", "9:16", "playful",
     "social cut-down"),
)  # fmt: skip


def read(text: str, **flags: object) -> Requirements:
    return read_brief(Brief.model_validate({"text": text, **flags}), today=TODAY)


def origin(wanted: Requirements, field: str) -> str:
    return next(reading.origin for reading in wanted.readings if reading.field == field)


@pytest.mark.parametrize(("text", "language", "seconds", "aspect", "tone", "form"), BRIEFS)
def test_a_brief_is_read_as_its_author_meant_it(
    text: str, language: str, seconds: str, aspect: str, tone: str, form: str
):
    wanted = read(text)
    told = (wanted.language, str(Fraction(wanted.frames, 24)), wanted.aspect, wanted.as_tone.name, wanted.as_form.name)
    assert told == (language, seconds, aspect, tone, form)


def test_the_dev_briefs_are_read_as_their_columns_say():
    path = SHARED / "dev" / "briefs.csv"
    if not path.exists():
        pytest.skip(f"the dev briefs are not at {path}; set CIRCLETAKE_TEST_DATA to the data folder")
    wrong: list[str] = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            wanted = read(row["brief"])
            told = {
                "duration_s": f"{wanted.frames / 24:g}",
                "aspect": wanted.aspect,
                "tone": wanted.as_tone.name,
                "form": wanted.as_form.name,
            }
            wrong += [f"{row['id']} {name}: {told[name]}" for name in told if row[name] and row[name] != told[name]]
    assert wrong == []


def test_what_nobody_said_is_listed_as_assumed():
    wanted = read("Something with rain")
    assumed = {reading.field for reading in wanted.readings if reading.origin == "assumed"}
    assert {"duration", "aspect", "form", "territories", "media", "uses", "window"} <= assumed
    assert wanted.rights.territories == ("WORLD",)
    assert wanted.rights.media == ("all",)
    assert wanted.rights.uses == ("derivative", "publish")
    assert (wanted.rights.window.first, wanted.rights.window.last) == (TODAY, date(2027, 11, 22))


def test_a_flag_wins_over_the_text_and_says_so():
    wanted = read("Vertical teaser, 15 seconds, for Germany", duration="20/1", aspect="1:1", territories=["FR"])
    assert (wanted.frames, wanted.aspect, wanted.rights.territories) == (480, "1:1", ("FR",))
    assert {origin(wanted, field) for field in ("duration", "aspect", "territories")} == {"flag"}
    assert any("15 seconds" in reading.note for reading in wanted.readings)


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("Spot, 7,5 Sekunden", 180),
        ("teaser, exactly 6 seconds", 144),
        ("three shots of exactly two seconds each, 9:16", 144),
        ("Six shots of three seconds each", 432),
        ("zwanzig Sekunden Teaser", 480),
        ("vingt-cinq secondes, teaser", 600),
        ("treinta y cinco segundos, avance", 840),
        ("a spot of dreißig Sekunden", 720),
        ("20s teaser, the title held for four seconds", 480),
        ("30 second spot, logo space in the last three seconds", 720),
        ("Spot, 20 Sekunden, am Schluss drei Sekunden Platz für das Logo", 480),
        ("Teaser at 8:30 pm in the harbour, 20 seconds, 16:9", 480),
        ("A shop that is open 24 hours: 15 seconds, teaser", 360),
    ],
)
def test_the_films_length_is_told_from_other_lengths(text: str, frames: int):
    assert read(text).frames == frames


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("", {}),
        (" \n\t ", {}),
        ("... !!", {}),
        ("a teaser of 0 seconds", {}),
        ("teaser, null Sekunden", {}),
        ("a -5 second teaser", {}),
        ("an eleven minute brand film", {}),
        ("a 2 hour film about bread", {}),
        ("a teaser", {"duration": "0/1"}),
        ("a teaser", {"duration": "-3/1"}),
        ("a teaser", {"territories": ["XX"]}),
        ("a teaser", {"territories": []}),
        ("a teaser", {"media": []}),
        ("a teaser", {"uses": []}),
        ("a teaser", {"release": "2027-03-01", "until": "2027-02-01"}),
        ("a teaser, from 31 February 2027", {}),
    ],
)
def test_a_brief_that_cannot_be_meant_goes_back_in_one_line(text: str, flags: dict[str, object]):
    with pytest.raises(BriefError) as refused:
        read(text, **flags)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) > 20


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Teaser für DACH, 20 Sekunden", ("DE", "AT", "CH")),
        ("Teaser for Germany, Austria and Switzerland", ("DE", "AT", "CH")),
        ("Spot pour la France et la Belgique", ("FR", "BE")),
        ("Anuncio para España y México", ("ES", "MX")),
        ("Teaser, territories: DE, FR, GB", ("DE", "FR", "GB")),
        ("Teaser, UK and Ireland", ("GB", "IE")),
        ("6s teaser, US", ("US",)),
        ("Teaser, weltweit", ("WORLD",)),
        ("A documentary about Japan", ("WORLD",)),
        ("A trailer shot in Italy, about the forests of Norway", ("WORLD",)),
        ("AI in IT: a teaser", ("WORLD",)),
    ],
)
def test_territories_are_read_where_the_film_is_released_not_where_it_plays(text: str, codes: tuple[str, ...]):
    assert read(text).rights.territories == codes


def test_the_european_union_is_spelled_out():
    assert len(read("Teaser, EU, web only").rights.territories) == 27


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("Teaser, web only", ("web",)),
        ("Spot for TV and cinema", ("broadcast", "cinema")),
        ("Teaser, nur Social Media", ("social",)),
        ("Spot pour la télévision", ("broadcast",)),
        ("Teaser about an old cinema and a spider web of wires", ("all",)),
    ],
)
def test_media_are_read_where_the_film_runs(text: str, media: tuple[str, ...]):
    assert read(text).rights.media == media


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Teaser, from March 2027 for six months", date(2027, 3, 1), date(2027, 8, 31)),
        ("Teaser, ab 15. Januar 2027 bis Ende Juni 2027", date(2027, 1, 15), date(2027, 6, 30)),
        ("Teaser, à partir de janvier 2027 jusqu'en juin 2027", date(2027, 1, 1), date(2027, 6, 30)),
        ("Teaser, desde marzo de 2027 durante dos años", date(2027, 3, 1), date(2029, 2, 28)),
        ("Teaser, from 2027-01-15 until 2027-03-31", date(2027, 1, 15), date(2027, 3, 31)),
        ("Teaser, launching in February", date(2027, 2, 1), date(2028, 2, 1)),
        ("Teaser, for 30 days", TODAY, date(2026, 12, 21)),
    ],
)
def test_the_release_window_is_read(text: str, first: date, last: date):
    window = read(text).rights.window
    assert (window.first, window.last) == (first, last)


def test_a_leap_day_release_ends_on_the_last_of_february():
    window = read("a teaser", release="2028-02-29").rights.window
    assert window.last == date(2029, 2, 28)


def test_words_of_tone_are_not_heard_where_they_are_refused():
    assert read("Teaser, friendly but not childish, nothing scary").tone == "friendly"
    assert read("Teaser, not frantic, calm").tone == "calm"


def test_a_named_tone_wins_over_a_word_that_only_sounds_like_one():
    assert read("A quiet village, 20s teaser, dread tone").tone == "dread"


def test_opposite_tones_at_once_are_a_conflict_but_an_arc_is_not():
    assert "opposite" in read("30 s teaser, calm and frantic at once").conflicts[0]
    assert read("30 s teaser, calm, then frantic").conflicts == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("20 s teaser in 9:16 and 16:9", "16:9"),
        ("20 s or 30 s teaser", "30 s"),
        ("20 seconds, three shots of exactly two seconds each", "6 s"),
        ("20 s teaser, no text, the line 'Go home'", "Go home"),
        ("20 s teaser, no music, driving soundtrack", "driving soundtrack"),
        ("20 s teaser, black and white, vivid colours", "vivid colours"),
        ("20 s teaser, slow, quick cuts", "quick cuts"),
    ],
)
def test_demands_that_contradict_each_other_are_stated(text: str, words: str):
    conflicts = read(text).conflicts
    assert len(conflicts) == 1
    assert words in conflicts[0]


def test_demands_are_read_in_four_languages():
    assert read("Teaser, no text or music").demands.no_text
    assert read("Teaser, no text or music").demands.no_music
    assert read("Teaser ohne Musik, Untertitel, schwarz-weiß").demands.no_music
    assert read("Teaser ohne Musik, schwarz-weiß").demands.black_and_white
    assert read("Teaser sans texte, noir et blanc, en boucle").demands.no_text
    assert read("Teaser sans texte, noir et blanc, en boucle").demands.loop
    assert read("Teaser sin música, en blanco y negro, termina con una pregunta").demands.question
    assert read("Teaser, ein Schnitt auf Schwarz vor dem Titel").demands.black_before_title
    assert read("Teaser, un seul plan si possible").demands.continuous == "if_possible"
    assert read("Teaser, eine einzige Einstellung").demands.continuous == "wanted"


def test_lines_titles_and_images_are_kept_as_written():
    demands = read("Trailer called 'Nightfall', starts in the dark, ends on phone lights, 20 s").demands
    assert (demands.title, demands.opening, demands.closing) == ("Nightfall", "dark", "phone lights")
    held = read("10 s cut-down: one bud, the line 'Don't say it' held for three seconds").demands
    assert (held.lines, held.line_seconds) == (("Don't say it",), 3)
    late = read("40 s trailer: ruins, one man, hold back the machines until halfway").demands
    assert (late.withheld, late.withheld_until) == ("machines", Fraction(1, 2))
    counted = read("6 s, three shots of two seconds each, shot 2 must be a red cup, subject always on the left").demands
    assert (counted.shot_count, counted.numbered) == (3, {2: "red cup"})
    assert counted.always == ("subject always on the left",)


def test_a_logo_that_is_refused_gets_no_room():
    assert read("20 s teaser, no logo").demands.logo_seconds is None
    assert read("20 s teaser, logo at the end").demands.logo_seconds == 2


@pytest.mark.parametrize(
    ("text", "topic", "beats"),
    [
        ("30 second spot for a coffee roaster: hands, steam, morning light, no voice-over", "a coffee roaster",
         ("hands", "steam", "morning light")),
        ("30-Sekunden-Spot für einen Saatguthändler: Acker, Traktor, warmes Abendlicht", "einen Saatguthändler",
         ("Acker", "Traktor", "warmes Abendlicht")),
        ("Spot de 20 secondes pour une boulangerie : pain chaud, mains", "une boulangerie", ("pain chaud", "mains")),
        ("Anuncio de 15 segundos para una liga de fútbol: un chico, un balón", "una liga de fútbol",
         ("un chico", "un balón")),
        ("20s teaser, dread tone, 16:9, quick cuts, no music", "", ()),
        ("A 15 second teaser for a ferry line that ends with 'Come over', Germany and Austria", "a ferry line", ()),
    ],
)  # fmt: skip
def test_the_story_is_what_is_left_when_the_format_is_taken_out(text: str, topic: str, beats: tuple[str, ...]):
    wanted = read(text)
    assert (wanted.topic, wanted.beats) == (topic, beats)


def test_subject_words_are_kept_as_the_brief_writes_them():
    assert read("Teaser über einen Leuchtturm: Möwen, Wind").subject == ("Leuchtturm", "Möwen", "Wind")
    assert read("Spot pour une boulangerie : pain chaud").subject == ("boulangerie", "pain", "chaud")
    assert read("Anuncio: café recién hecho, manos").subject[0] == "café"
