"""Whether bytes are as familiar a text in another encoding: many fit several, and only common characters tell."""

from __future__ import annotations

import codecs
import re

_SAMPLE = 20_000
"""Characters outside ASCII that are looked at."""

_SYLLABLES = (
    "이다는고지화영하가도아에나기한어의보만은리로을게라요서니들인재그시무없스미데정있대해면사마말점네진를음자수연내감전주거"
    "으좋우장작너오안었드여상까적생야짜것제봤최간부같일했더개동과평구중소성모건런본비할와러되않히신때았각분치운배던공려잘유실"
    "랑세용습국토루레래저남못함난느명람터조왜볼반입독듯겠애봐디알임르편싶심물원든쓰준별바걸금타막악역력년예많름버였단냥좀트현추위"
    "노당뭐문선망번관포결속코억두끝션살완체울매품출줄극긴질발된참불설후프린절박워직눈계죽넘경강따메행차답잔식긍류뉴객송격방"
    "ㅋㅎㅠㅜㅡㄷ"
)
"""What Korean is mostly made of; measured on 60,000 film reviews, of which it is 86 %."""

_HANZI = (
    "的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天"
    "如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从知使全两文明业电高现点问长手意感觉喜"
    "欢片影太真很买快服务质量物价东西客气房间酒店错般推荐差味菜吃部剧演员情节精彩极消积评论标签正负类别题目内容名字本书请最"
    "次给想样开关让先第常让比被把但因什怎吗呢吧呀啊她它您新老女男外实做回打力工用品商网机车体水马门话叫月年本"
    "這為來個們說國時會後對著過發無經當與學進種將還見沒從兩業電現點問長覺歡買務質價東氣間錯薦劇員節極評論標籤負類別題內請"
    "給樣開關讓實們麼書讚"
)
"""What Chinese is mostly made of, in both of its scripts."""

_KANA = (
    "のにはをたがでてとしれさあいるかなこそりまもくよらっすおうつけみわえへめちきどだじろじやせゃゅょん"
    "アイウエオカガキギクグケコゴサザシジスズセゼソタダチッツテデトドナニネノハバパヒビピフブプヘベペホボポマミムメモャュョラリルレロワンー"
)
_THAI = "านรอกเง่้ยมทลวดสตัีะปบหแจไิ์ุูใโขพชึืำ็ผซถ"
"""Without the letter that shares its byte with the first one of ㅋ."""
_FAMILIAR = {
    "cp949": frozenset(_SYLLABLES),
    "gb18030": frozenset(_HANZI),
    "cp950": frozenset(_HANZI),
    "cp932": frozenset(_KANA),
    "euc_jp": frozenset(_KANA) - frozenset("せぞぬばぱぇ"),
    "cp874": frozenset(_THAI),
}
_AS_GOOD = 0.6
"""How familiar another encoding may be, as a share of the chosen one, before there is a doubt."""
_LEAST = 0.2
"""A text less familiar than this could be in any encoding that it fits."""

_ODD = re.compile("[ðþýÐÞÝ]|(?<=[a-z])[¹³º¿Ÿ](?=[a-z])")
_TOGETHER = "ìø"
"""What Windows-1252 shows of Turkish, Polish, Romanian and Czech; of its own languages only Icelandic has such."""
_ENOUGH = 0.02


def rivals(chunk: bytes, chosen: str) -> list[str]:
    """Return the encodings in which a text is about as familiar as in the chosen one, the most familiar one first.

    Args:
        chunk: the text, which is not all ASCII; a character may be cut off at its end.
        chosen: an encoding that it fits.
    """
    if chosen == "cp1252":
        return ["cp1250", "cp1254"] if _is_odd(_beyond(chunk, chosen), chunk.decode(chosen, "ignore")) else []
    own = _familiar(chunk, chosen) or 0
    rated = {name: rate for name in _FAMILIAR if name != chosen and (rate := _familiar(chunk, name)) is not None}
    doubts = [name for name, rate in rated.items() if rate >= own * _AS_GOOD and (rate or own < _LEAST)]
    return sorted(doubts, key=rated.__getitem__, reverse=True)


def _is_odd(beyond: list[str], text: str) -> bool:
    enough = _ENOUGH * len(beyond)
    return len(_ODD.findall(text)) > enough or min(map(beyond.count, _TOGETHER)) > enough


def _familiar(chunk: bytes, encoding: str) -> float | None:
    """Return which part of what is not ASCII are characters that are common in this encoding, None if it fits not."""
    beyond = _beyond(chunk, encoding)
    if not beyond:
        return None
    part = sum(character in _FAMILIAR[encoding] for character in beyond) / len(beyond)
    return max(0.0, 3 * part - 2) if encoding == "cp874" else part  # two thirds of any bytes are common in Thai


def _beyond(chunk: bytes, encoding: str) -> list[str]:
    """Return what is not ASCII in a text, nothing if it is not in this encoding."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(chunk)
    except UnicodeDecodeError:
        return []
    return [character for character in text if character > "\x7f"][:_SAMPLE]
