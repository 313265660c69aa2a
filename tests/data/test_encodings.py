"""Texts in any encoding: recognised, told, and never read with a character replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.reading import noted, read, refusal, rows_of, source_of

KOREAN = "리뷰,라벨\n정말 재미있는 영화였다 똠방각하,긍정\n별로였다,부정\n"
JAPANESE = "文,ラベル\nとても面白い映画でした。,良い\n"
FRENCH = "texte,étiquette\nC'était très réussi à l'école “bien”,bon\n"


@pytest.mark.parametrize(
    ("text", "written", "told"),
    [
        (KOREAN, "utf-8", "utf-8"),
        (KOREAN, "utf-8-sig", "utf-8"),
        (KOREAN, "cp949", "cp949"),
        (KOREAN.replace(" 똠방각하", ""), "euc-kr", "cp949"),
        (JAPANESE, "shift-jis", "cp932"),
        (FRENCH, "cp1252", "cp1252"),
        (FRENCH.replace("“bien”", "bien"), "latin-1", "cp1252"),
        *((text, f"utf-{wide}", f"utf-{wide}-le") for text in (KOREAN, JAPANESE, FRENCH) for wide in (16, 32)),
        *((KOREAN, f"utf-{wide}-{end}", f"utf-{wide}-{end}") for wide in (16, 32) for end in ("le", "be")),
    ],
)
def test_an_encoding_is_recognised_and_told(tmp_path: Path, text: str, written: str, told: str) -> None:
    source = source_of(tmp_path, "a.csv", text.encode(written))
    header, *lines = (line.split(",") for line in text.splitlines())
    assert [list(row.values()) for _, row in rows_of(source)] == lines
    assert source.header == header
    assert source.encoding == told
    assert ("D002" in noted(source)) == (told != "utf-8")
    assert ("D001" in noted(source)) == (written in {"utf-8-sig", "utf-16", "utf-32"})


def test_a_mark_is_told_by_name(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.csv", KOREAN.encode("utf-16"), encoding="utf-16")
    assert noted(source) == {"D001": "begins with the byte order mark of utf-16-le; it is left out"}


def test_an_encoding_that_shows_late_is_recognised(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.csv", ("text,label\n" + "a,b\n" * 300_000 + "가나다라,나\n").encode("cp949"))
    assert source.encoding == "utf-8"
    assert rows_of(source)[-1] == (300_002, {"text": "가나다라", "label": "나"})
    assert source.encoding == "cp949"


def test_json_lines_in_another_encoding_have_their_bytes_in_utf8(tmp_path: Path) -> None:
    (batch,) = source_of(tmp_path, "a.jsonl", '{"a": "가나다"}\n'.encode("cp949"))
    assert batch.raw == ['{"a": "가나다"}\n'.encode()]


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"text,label\na,b\n\xff\xfe,c\n", 3, "byte 0xff is not UTF-8, and the text is not plausible in CP949"),
        (("한글과 글자,나\n" * 30).encode() + b"\xff,b\n", 31, "byte 1 of the line is not UTF-8"),
        (b"\x00\x00\x01\x02", 1, "has zero bytes, so it is no text"),
        ("text,label\n가\udc00,b\n".encode("utf-16", "surrogatepass"), 2, "bytes 0x00dc are not in utf-16-le"),
        (KOREAN.encode("utf-16-le")[:-3], 3, "are not in utf-16-le"),
    ],
)
def test_bytes_of_no_encoding_are_refused_with_their_line(
    tmp_path: Path, content: bytes, line: int | None, says: str
) -> None:
    error = refusal(tmp_path, "a.csv", content)
    assert error.line == line
    assert says in error.reason


@pytest.mark.parametrize("name", ["nul.txt", "nul.csv"])
@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("te\0xt 001,x\n", 1),
        ("te\0xt 01,x\n", 1),
        ("abcdef,x\0\n", 1),
        ("리뷰\0가 좋다,긍정\n", 1),
        ("a,b\n" * 9 + "c\0c,d\n", 10),
    ],
    ids=["even", "odd", "before-the-end", "korean", "late"],
)
def test_zero_bytes_in_a_text_are_refused_with_their_line(tmp_path: Path, name: str, row: str, line: int) -> None:
    error = refusal(tmp_path, name, row * 50)
    assert error.line == line
    assert "has zero bytes, so it is no text" in error.reason


def test_zero_bytes_in_a_text_of_another_encoding_do_not_make_it_a_wide_one(tmp_path: Path) -> None:
    error = refusal(tmp_path, "a.txt", "리뷰 \0한글\n".encode("cp949") * 50)
    assert "has zero bytes, so it is no text" in error.reason


def test_one_line_in_utf16_without_a_mark_is_recognised(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.txt", "정말 재미있는 영화였다".encode("utf-16-le"))
    assert rows_of(source) == [(1, {"prompt": "", "completion": "정말 재미있는 영화였다"})]


CHINESE = "文本,标签\n这部电影真的很好看，我非常喜欢,正面\n服务态度很差，不会再来,负面\n"
EUC = "文,ラベル\nとても面白い映画でした,良い\n配送が遅くて困りました,悪い\n"
THAI = "ข้อความ,ป้าย\nบริการแย่,ลบ\nอาหารอร่อยมาก,บวก\n"
POLISH = "tekst,etykieta\nbył to świetny film i bardzo się podobał,dobry\nżadna część mnie nie wciągnęła,zły\n"
CZECH = (
    "text,popis\nten příběh se mi velmi líbil a herci hráli skvěle,dobrý\nnejvětší zklamání roku, tři hodiny pryč,zlý\n"
)
TURKISH = "metin,etiket\nçok güzel bir filmdi ve ışıklar çok iyiydi,iyi\nşimdiye kadar gördüğüm en kötü film,kötü\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (CHINESE, "gbk"),
        ("标签\n体育\n财经\n", "gbk"),
        ("教育\n", "gbk"),
        (EUC, "euc-jp"),
        (THAI, "cp874"),
        ("บริการแย่\n", "cp874"),
        (POLISH, "cp1250"),
        (CZECH, "cp1250"),
        (TURKISH, "cp1254"),
    ],
)
def test_a_text_that_may_be_in_another_encoding_is_refused_and_read_once_it_is_named(
    tmp_path: Path, text: str, written: str
) -> None:
    error = refusal(tmp_path, "a.txt", text.encode(written))
    assert "is not UTF-8, and the text " in error.reason
    assert "name its encoding" in error.reason
    rows = read(tmp_path, "a.txt", text.encode(written), encoding=written)
    assert [row["completion"] for _, row in rows] == text.splitlines()


def test_the_encodings_in_doubt_are_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, "a.txt", CHINESE.encode("gbk"))
    assert "the text may be in CP949 (EUC-KR) or in gb18030 (GBK): " in error.reason
    assert error.line == 1


@pytest.mark.parametrize(
    "text",
    [
        "리뷰",
        "긍정\n부정\n",
        "배송이 빨라요",
        "ㅋㅋㅋㅋ 최고ㅠㅠ",
        "환불은 어떻게 하나요?",
        "review,label\nvery good,강아지\nbad,고양이\n",
    ],
)
def test_short_texts_in_korean_are_not_doubted(tmp_path: Path, text: str) -> None:
    source = source_of(tmp_path, "a.txt", text.encode("cp949"))
    assert [row["completion"] for _, row in rows_of(source)] == text.splitlines()
    assert source.encoding == "cp949"


@pytest.mark.parametrize(
    "text",
    [
        "très réussi, où ça ? là",
        "schön und groß",
        "así que mañana",
        "perché così è più",
        "blåbærgrød på øen",
        "coração e ação",
    ],
)
def test_short_texts_of_western_europe_are_not_doubted(tmp_path: Path, text: str) -> None:
    assert rows_of(source_of(tmp_path, "a.txt", text.encode("cp1252")))[0][1]["completion"] == text


def test_an_encoding_that_was_named_is_not_guessed(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", b"a,b\n\xe9,x\n", encoding="latin-1") == [(2, {"a": "é", "b": "x"})]
    error = refusal(tmp_path, "a.csv", KOREAN.encode(), encoding="cp949")
    assert (error.line, error.reason[:29]) == (1, "bytes 0xeb are not in cp949; ")
    late = b"a,b\n" * 200_000 + b"\xff,b\n"
    assert refusal(tmp_path, "a.csv", late, encoding="cp949").line == 200_001


@pytest.mark.parametrize("encoding", ["hex", "klingon", "undefined", "a\0b"])
def test_an_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    assert "is not known; name one such as utf-8" in refusal(tmp_path, "a.csv", KOREAN, encoding=encoding).reason


def test_an_encoding_that_makes_half_characters_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, "a.txt", b"a\n\\ud800\n", encoding="unicode_escape")
    assert "half a surrogate pair in unicode-escape" in error.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_user_may_name_the_encoding_of_a_good_file(tmp_path: Path, encoding: str) -> None:
    source = source_of(tmp_path, "a.csv", KOREAN.encode(encoding), encoding=encoding)
    assert rows_of(source)[1][1] == {"리뷰": "별로였다", "라벨": "부정"}


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), min_size=1), st.sampled_from(["16", "32"]))
def test_any_text_with_a_mark_is_read_back(tmp_path_factory: pytest.TempPathFactory, text: str, wide: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    ((_, row),) = read(folder, "any.txt", f"{text}\n".encode(f"utf-{wide}"), format="txt")
    assert row["completion"] == text


@pytest.mark.parametrize("bad", [b"\xff", b"\xff\xfe\xfd"])
def test_a_few_bad_bytes_of_another_encoding_are_told_with_their_line_and_it(bad: bytes, tmp_path: Path) -> None:
    rows = "".join(f"영화 {number} 정말 재미있어요,긍정\n" for number in range(300)).encode("cp949")
    error = refusal(tmp_path, "a.csv", b"text,label\n" + rows[:2700] + bad + rows[2700:])
    assert error.line == 1 + (b"text,label\n" + rows[:2700]).count(b"\n")
    assert error.reason.startswith("byte 0xff is not in CP949 (EUC-KR), which the rest of the text is in")
