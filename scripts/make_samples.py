"""Write the sample data of ``openft quickstart``: support messages to queues, and dates to ISO 8601.

All texts are made here, from the phrases below and a fixed seed; run it again and the files come out byte for byte the
same. ``python scripts/make_samples.py [FOLDER]`` writes ``support.csv`` and ``dates.csv``.
"""

from __future__ import annotations

import csv
import random
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

ASSETS = Path(__file__).parent.parent / "openft" / "assets"
SUPPORT_ROWS = 1600
DATE_ROWS = 3000
T = TypeVar("T")


class Dice:
    """Random choices that every Python version makes alike: only ``random()`` is promised to stay as it is."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """Return True in ``share`` of all calls."""
        return self._random.random() < share

    def below(self, number: int) -> int:
        """Return an integer from 0 to ``number - 1``."""
        return int(self._random.random() * number)

    def pick(self, items: list[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]


SLOTS: dict[str, str] = {
    "item": "blender/desk lamp/winter coat/pair of headphones/tent/coffee machine/bookshelf/keyboard/backpack/rug/"
    "phone case/garden chair/camera/kettle/yoga mat/sweater/monitor/suitcase/toy train/watch/frying pan/router/helmet",
    "when": "yesterday/last week/on Monday/two days ago/this morning/in March/on Friday/a month ago/last night/today",
    "place": "Leeds/Busan/Porto/Graz/Tampere/Austin/Lyon/Nagoya/Cork/Utrecht",
    "sum": "12.99 euros/48 dollars/€7.50/119 USD/260 pounds/35.20 euros/89.95/$1,040/19 dollars/64.10 euros",
    "nr": "40217/A-118/99302/7734/B20-55/61180/K-402/30077",
    "device": "phone/tablet/laptop/Android/iPad/old PC/Mac/work computer",
    "card": "Visa/card/bank account/PayPal/debit card/credit card",
    "name": "Mina/Tom/Ana/Jorge/Priya/Liam/Sofia/Kenji/Olga/Ben",
}
"""What may stand in each slot."""

CORES: dict[str, str] = {
    "billing": """
I was [charged|billed] {sum} twice for one {item} / my {card} [shows|lists] {sum} that I can't [explain|place]
the invoice for order {nr} has [the wrong company name|no tax number on it]
could you send me a [receipt|bill] for {nr} / the discount [code|for students] was not taken off at checkout
why did the monthly price [go up|rise] to {sum} / you took {sum} off my {card} {when} and I don't know what for
the VAT on [invoice|order] {nr} [looks wrong|is missing] / I'd [like|prefer] to pay by bank transfer
my payment of {sum} was declined but the money is gone / there is an extra fee of {sum}
the total says {sum}, the basket said less / can I [split|pay] {sum} in instalments
I want to change the {card} that you charge every month / the gift voucher still has {sum} on it but isn't accepted
is {sum} with or without tax / you promised a price match for the {item}
my {card} expires soon, where do I put the new one / I got a reminder for {nr} although I paid {when}
please put the invoice for the {item} on my company / which currency will you debit
the {item} was cheaper {when}, can I get the difference
""",
    "delivery": """
the {item} I ordered {when} [has not arrived|still isn't here]
tracking for {nr} has been stuck in {place} since it left
the courier left my {item} with [a neighbour|someone I don't know] / can the {item} [be sent|go] to {place} instead
it says delivered but there is no [parcel|package] anywhere / when will [order {nr}|my {item}] get here
the driver [rang once and drove off|never rang] / is express [shipping|post] to {place} possible by Friday
only one of two [parcels|boxes] came {when} / my {item} is somewhere between the depot in {place} and here
nobody was home, where can I pick up the [parcel|package]
I need the {item} before {name}'s birthday, is it on its way / the box went to my old address in {place}
do you ship to {place} at all / the date for {nr} has moved three times now
please leave the {item} [at the back door|with {name} next door] / has {nr} left the warehouse
customs in {place} holds my {item} / the parcel shop sent the {item} away before I could fetch it
I will be away, can you [hold|keep] the {item} until I'm back / who carries the {item} up to the third floor
my tracking number does not exist
""",
    "returns": """
I want to [send|give] the {item} back / the {item} came in the wrong colour, I'd like to swap it
I changed my mind about the {item} / how many days do I have to return a {item}
the {item} is too [small|big], can I get another [size|one] / I never got the label to send back {nr}
the {item} arrived [broken|scratched|with a dent], please take it back
I returned the {item} {when} and still wait for my refund / can I exchange the {item} in your shop in {place}
you sent me a {item} that I did not order / who pays the postage if I [return|send back] the {item}
the {item} does not look like the picture and I don't want it
please refund the {item}, it [is the wrong size|does not fit] / the return of {nr} was refused
I opened the box, may I still return the {item} / half of the set is missing, I want my money back
did you get the {item} that I posted to you {when}
{name} has the same {item} already, can we change it for something else
the seam of the {item} came apart after a week, I want a replacement
I lost the [receipt|box], can I still bring the {item} back / please collect the {item} again
I'd rather have a credit than a new {item}
""",
    "account": """
I can't log in with my password / please delete my account and all of my data
the reset link never reaches my inbox / I need to change the email address in my profile
somebody [else seems to have|has] signed in from {place} / how do I [switch off|stop] the newsletter
my account was locked {when} after three tries / I have two accounts, can you merge them
the sign-in code goes to a number that I no longer have / how can {name} and I share one membership
my surname changed, where do I edit it / where do I change my delivery address for good
I'd like to [cancel|pause] my membership / it says that my user name is taken
can you tell me which address you have on file / I want a copy of everything that you store about me
how do I add {name} as a second user / can I sign in without a {device} / the order history in my profile is empty
I forgot which email I registered with / please take my phone number off your records
I was signed out everywhere {when} / is two-step sign-in possible / my loyalty points disappeared {when}
""",
    "technical": """
the app [crashes|closes] on my {device} when I open the basket / your website shows a blank page on my {device}
the {item} does not connect to the wifi / since the update the search finds nothing
I get error {nr} when I upload a photo / the {item} won't turn on any more / the checkout button does nothing
the firmware of the {item} stops at 80 percent / pictures load very slowly on my {device}
the bluetooth of the {item} drops every few minutes / how do I reset the {item}
the page jumps back to the top whenever I scroll / notifications stopped working on my {device} {when}
the {item} beeps all night / the app drains the battery of my {device} / where do I find a driver for the {item}
the screen of the {item} flickers / the manual for the {item} is [missing|only in Finnish]
is the {item} compatible with my {device} / the {item} gets [hot|loud] after an hour, is that normal
videos on your site don't play / the filter for sizes is broken / which cable does the {item} need
the chat window covers the whole screen of my {device} / the app is stuck on loading
""",
}
"""What a message is about, for each queue: clauses between slashes, with ``[one|of these]`` and slots."""

CONTEXTS = """
I ordered a {item} {when} / I've been a customer for years / my order number is {nr} / I paid with my {card}
the parcel came {when} / I am logged in as {name} / I already tried another {device} / I moved to {place}
it's about the {item} / I wrote to you {when} already / the {item} was a present for {name} / I don't want a refund
the delivery itself was quick / the app is fine otherwise / my password is not the problem / I looked at the invoice
I've reset everything {when} / you kindly exchanged the first {item} / the website says nothing about it
the tracking looks fine / I have paid the bill / I know that I can return it / my account is in {name}'s name
"""
OPENERS = "hi/hello/good morning/hey there/dear team/hi, {name} here/quick question/sorry to bother you"
CLOSERS = """thanks / please help / can someone look into it? / what can I do? / regards, {name} / this is urgent
thank you, {name} / please call me back / I'd be glad of an answer today / any idea?"""


def phrases(block: str) -> list[str]:
    """Return the phrases of a block, which slashes and line ends part."""
    return [phrase.strip() for phrase in re.split(r"[/\n]", block) if phrase.strip()]


def fill(block: str, dice: Dice) -> str:
    """Return one phrase of the block with its choices made and its slots filled."""
    chosen = re.sub(r"\[(.+?)\]", lambda found: dice.pick(found.group(1).split("|")), dice.pick(phrases(block)))
    return re.sub(r"\{(\w+)\}", lambda slot: dice.pick(phrases(SLOTS[slot.group(1)])), chosen)


def sentence(text: str, ending: str = ".") -> str:
    """Return the clause with a capital letter and an end."""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ending)


def typo(text: str, dice: Dice) -> str:
    """Return the text with one letter dropped, doubled or swapped with the next."""
    place = dice.pick([at for at in range(1, len(text) - 1) if text[at : at + 2].isalpha()])
    before, here, after = text[:place], text[place : place + 2], text[place + 2 :]
    return before + dice.pick([here[1], here[0] * 2 + here[1], here[::-1]]) + after


def message(queue: str, dice: Dice) -> str:
    """Return a message for a queue: its core, often with a clause that might belong to another one."""
    core = fill(CORES[queue], dice)
    if dice.chance(0.35):
        context = fill(CONTEXTS, dice)
        joined = [f"{context}, but {core}", f"{context} and {core}", f"{sentence(context)} {sentence(core)}"]
        core = dice.pick([*joined, f"{sentence(core)} {sentence(context)}"])
    elif dice.chance(0.2):
        other = fill(CORES[dice.pick([name for name in CORES if name != queue])], dice)
        core = dice.pick([
            f"my last question ({other}) is answered. Now {core}",
            f"I first wrote that {other}. Solved, but {core}",
            f"{sentence(core)} My old ticket ({other}) is closed",
            f"this is not about the old ticket ({other}): {core}",
        ])  # fmt: skip
    text = sentence(core, dice.pick([".", ".", "!", "?", "...", ""]))
    if dice.chance(0.3):
        text = f"{sentence(fill(OPENERS, dice), dice.pick([',', '!', '.']))} {text}"
    if dice.chance(0.35):
        text = f"{text} {sentence(fill(CLOSERS, dice))}"
    if dice.chance(0.25):
        text = text.lower()
    while dice.chance(0.2):
        text = typo(text, dice)
    return text


def support() -> Iterator[tuple[str, str]]:
    """Yield messages and their queues, each message once."""
    dice = Dice(1)
    seen: set[str] = set()
    while len(seen) < SUPPORT_ROWS:
        queue = dice.pick(list(CORES))
        text = message(queue, dice)
        if text not in seen:
            seen.add(text)
            yield text, queue


MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
SPELLINGS = [
    "{d} {Month} {y}", "{Month} {d}, {y}", "{dth} of {Month} {y}", "{Month} {dth}, {y}", "{d} {Mon} {y}",
    "{Mon} {d} {y}", "{dd}.{mm}.{y}", "{mm}/{dd}/{y}", "{y}/{mm}/{dd}", "{y}년 {m}월 {d}일",
]  # fmt: skip
"""With slashes and the year behind the month goes first, with dots the day."""


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, …"""
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number < 20 else endings.get(number % 10, 'th')}"


def spell(day: date, spelling: str) -> str:
    """Return the date in one of the spellings."""
    month = MONTHS[day.month - 1]
    return spelling.format(
        d=day.day, dd=f"{day.day:02}", dth=ordinal(day.day), m=day.month, mm=f"{day.month:02}", Month=month,
        Mon=month[:3], y=day.year,
    )  # fmt: skip


def dates() -> Iterator[tuple[str, str]]:
    """Yield dates in many spellings and in ISO 8601, each spelling of a date once."""
    dice = Dice(2)
    seen: set[str] = set()
    while len(seen) < DATE_ROWS:
        day = date(2000, 1, 1) + timedelta(days=dice.below(30 * 365))
        text = spell(day, dice.pick(SPELLINGS))
        if text not in seen:
            seen.add(text)
            yield text, day.isoformat()


def main(folder: Path = ASSETS) -> None:
    """Write both files into the folder."""
    for name, rows in (("support", support()), ("dates", dates())):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("prompt", "completion"), *rows])


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
