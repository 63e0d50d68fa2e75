"""The demo's little world: two shops, their visitors, how these come and when they call."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from leadtracker.demo.browser import DESKTOP, PHONE
from leadtracker.pbx.simulated_call import Extension

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One way to come: what an advertisement, a search result or a letter opens."""

    label: str
    path: str
    referrer: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """A company with a site in Leadtracker. `pool` and `own_number` are E.164."""

    key: str  # of its site and of its PBX account
    name: str
    country: str  # ISO 3166
    time_zone: str
    vendor: str
    own_number: str
    pool: tuple[str, ...]
    mobile_prefix: str  # of its customers' numbers, E.164 without the last seven digits
    staff: tuple[Extension, ...]
    scenarios: tuple[str, ...]  # that its PBX can play
    arrivals: tuple[Arrival, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


HAIFA = Shop(
    key="cedar-and-stone",
    name="Cedar & Stone",
    country="IL",
    time_zone="Asia/Jerusalem",
    vendor="voicenter",
    own_number="+972722776900",
    pool=tuple(f"+9727227760{last:02}" for last in range(10, 50)),
    mobile_prefix="+97254",
    staff=(
        Extension("WalterSIP", "Walter"),
        Extension("LoisSIP", "Lois"),
        Extension("RamiSIP", "Rami"),
    ),
    scenarios=(
        "answered after a tap",
        "answered",
        "missed",
        "answered from the queue",
        "after the visit",
        "every notification twice",
        "abandoned in the queue",
        "withheld number",
        "CDR only",
        "two legs",
        "voicemail",
        "CDR comes late",
        "busy",
        "transferred",
        "CDR before the screen pop",
        "outgoing",
    ),
    arrivals=(
        Arrival(
            "google / spring-sale",
            "/spring-sale?utm_source=google&utm_medium=cpc&utm_campaign=spring-sale"
            "&utm_term=oak+kitchen&gclid=EAIaIQobChMI7",
            "https://www.google.com/",
        ),
        Arrival(
            "facebook / dream-kitchens",
            "/kitchens?utm_source=facebook&utm_medium=paid_social"
            "&utm_campaign=dream-kitchens&fbclid=IwAR0h3k",
            "https://l.facebook.com/",
        ),
        Arrival("google search, unpaid", "/kitchens", "https://www.google.com/"),
        Arrival(
            "google / מבצע אביב",
            "/he?utm_source=google&utm_medium=cpc&utm_campaign=מבצע אביב"
            "&utm_term=מטבחים&gclid=EAIaIQobChMI9",
            "https://www.google.co.il/",
        ),
        Arrival("typed the address", "/"),
        Arrival(
            "newsletter / november-letter",
            "/spring-sale?utm_source=newsletter&utm_medium=email&utm_campaign=november-letter",
        ),
        Arrival(
            "bing / kitchens-north",
            "/kitchens?utm_source=bing&utm_medium=cpc&utm_campaign=kitchens-north&msclkid=8d1f5c0a",
            "https://www.bing.com/",
        ),
        Arrival(
            "tiktok / before-after",
            "/?utm_source=tiktok&utm_medium=paid_social&utm_campaign=before-after&ttclid=E.C.P.7f",
            "https://www.tiktok.com/",
        ),
        Arrival(
            "facebook / מטבחים בצפון",
            "/he?utm_source=facebook&utm_medium=paid_social&utm_campaign=מטבחים בצפון",
            "https://l.facebook.com/",
        ),
        Arrival("houses.example, a blog", "/", "https://houses.example/ten-kitchens-we-love"),
    ),
    first_names=(
        "Dana",
        "Noa",
        "Amir",
        "Tamar",
        "Yossi",
        "Michal",
        "Omar",
        "Shira",
        "Eitan",
        "Rivka",
        "Adam",
        "Leila",
    ),
    last_names=("Levi", "Cohen", "Haddad", "Mizrahi", "Peretz", "Azoulay", "Friedman"),
)

BUCHAREST = Shop(
    key="cedru-si-piatra",
    name="Cedru și Piatră",
    country="RO",
    time_zone="Europe/Bucharest",
    vendor="while1",
    own_number="+40312345600",
    pool=tuple(f"+4031234561{last}" for last in range(8)),
    mobile_prefix="+4072",
    staff=(Extension("ion-popescu", "Ion"), Extension("elena-radu", "Elena")),
    scenarios=("answered after a tap", "missed", "answered"),
    arrivals=(
        Arrival(
            "google / bucatarii-bucuresti",
            "/ro?utm_source=google&utm_medium=cpc"
            "&utm_campaign=bucatarii-bucuresti&gclid=EAIaIQobChMI5",
            "https://www.google.ro/",
        ),
        Arrival(
            "facebook / lemn-masiv",
            "/ro?utm_source=facebook&utm_medium=paid_social&utm_campaign=lemn-masiv",
            "https://l.facebook.com/",
        ),
    ),
    first_names=("Ioana", "Andrei", "Maria", "Radu", "Elena"),
    last_names=("Ionescu", "Popa", "Stan", "Dumitru"),
)

SHOPS = {shop.key: shop for shop in (HAIFA, BUCHAREST)}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser and a telephone; `visitor` is the script's id in that browser."""

    name: str
    number: str
    visitor: str
    user_agent: str
    signed_in: bool  # the site knows the name


def person(shop: Shop, number: int) -> Person:
    """The same number is the same person, also in the next run."""
    first = shop.first_names[number % len(shop.first_names)]
    last = shop.last_names[number // len(shop.first_names) % len(shop.last_names)]
    digest = hashlib.sha256(f"{shop.key} {number}".encode()).digest()
    user_agent = DESKTOP
    if digest[3] % 5 < 3:
        user_agent = PHONE
    return Person(
        name=f"{first} {last}",
        number=f"{shop.mobile_prefix}5{int.from_bytes(digest[:3], 'big') % 1_000_000:06}",
        visitor=base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode(),
        user_agent=user_agent,
        signed_in=digest[4] % 4 > 0,
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes so long after the one before, stays so long, and calls or does not."""

    after_seconds: float
    shop: Shop
    who: Person
    arrival: Arrival
    stays_seconds: float
    scenario: str = ""  # of `scenarios.SCENARIOS`; empty: no call
    bot: bool = False
    asks_back: bool = False  # to be called


def burst(chance: random.Random) -> list[Visit]:
    """The first round: 40 visits in 14 seconds.

    It has 18 calls with every scenario, 2 visitors who ask to be called, and 3 bots. Some of those
    who only read come back another way.
    """
    shift = chance.randrange(10)  # each run begins with another advertisement
    scenarios = {HAIFA.key: list(HAIFA.scenarios), BUCHAREST.key: list(BUCHAREST.scenarios[:2])}
    came = dict.fromkeys(SHOPS, 0)
    readers: list[Person] = []
    visits = []
    for turn in range(40):
        shop = BUCHAREST if turn % 8 == 5 else HAIFA
        bot = turn % 14 == 10
        calls = shop is BUCHAREST or (turn % 2 == 0 and not bot)
        scenario = scenarios[shop.key].pop(0) if calls and scenarios[shop.key] else ""
        if turn > 20 and turn % 4 == 3:
            who = chance.choice(readers)
        else:
            who = person(shop, came[shop.key])
            came[shop.key] += 1
            if shop is HAIFA and not scenario:
                readers.append(who)
        arrival = shop.arrivals[(shift + turn + came[shop.key]) % len(shop.arrivals)]
        asks_back = shop is HAIFA and not scenario and turn % 18 == 3
        visits.append(
            Visit(14 / 40, shop, who, arrival, chance.uniform(0.5, 2.5), scenario, bot, asks_back)
        )
    return visits


def traffic(chance: random.Random) -> Iterator[Visit]:
    """What goes on afterwards: a visit every four seconds, a call every fifteen."""
    while True:
        shop = BUCHAREST if chance.random() < 0.12 else HAIFA
        scenario = chance.choice(shop.scenarios) if chance.random() < 4 / 15 else ""
        yield Visit(
            after_seconds=chance.uniform(2.0, 6.0),
            shop=shop,
            who=person(shop, chance.randrange(len(shop.pool) + 8)),
            arrival=chance.choice(shop.arrivals),
            stays_seconds=chance.uniform(3.0, 25.0),
            scenario=scenario,
            asks_back=shop is HAIFA and not scenario and chance.random() < 0.1,
        )
