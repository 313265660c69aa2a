"""Webhooks: what is taken, what is refused, and that no secret is shown."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from openft import AsyncClient, Client, ConfigError, WebhookVerificationError
from openft._core.webhooks import REMEMBERED, Delivery, Secrets, event_of, is_first, signature, verified
from openft.types import WebhookEvent

BASE = Path(__file__).resolve().parents[2] / ".venv-base" / "bin" / "python"
RAW = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(RAW).decode()
OTHER = "whsec_" + base64.b64encode(RAW[::-1]).decode()
NOW = 1_760_000_000
EVENT = {
    "id": "evt_1",
    "object": "event",
    "created_at": NOW,
    "type": "fine_tuning.job.succeeded",
    "data": {"id": "ftjob-1"},
}
BODY = json.dumps(EVENT).encode()


def signed(body: bytes = BODY, *, at: float = NOW, name: str = "wh_1", key: bytes = RAW) -> dict[str, str]:
    """Return the headers of a delivery."""
    stamp = str(int(at))
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(key, f"{name}.{stamp}", body),
    }


def check(payload: Any = BODY, headers: Any = None, secret: Any = SECRET, **given: Any) -> Delivery:
    headers = signed() if headers is None else headers
    return verified(payload, headers, Secrets(secret, "VARIABLE"), **{"tolerance": 300, "now": NOW, **given})


def is_taken(payload: Any = BODY, headers: Any = None, secret: Any = SECRET, **given: Any) -> bool:
    try:
        check(payload, headers, secret, **given)
    except WebhookVerificationError:
        return False
    return True


@pytest.fixture(params=[Client, AsyncClient], ids=["sync", "async"])
def client(request: pytest.FixtureRequest) -> Any:
    return request.param(api_key="sk-x", webhook_secret=SECRET)


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    name, body = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330", b'{"test": 2432232314}'
    assert signature(key, name, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(body=st.text(), name=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_what_the_standards_library_signs_is_taken_and_the_other_way_round(body: str, name: str) -> None:
    theirs = standardwebhooks.Webhook(SECRET)
    now = int(time())
    made = {"webhook-id": name, "webhook-timestamp": str(now)}
    made["webhook-signature"] = theirs.sign(name, datetime.fromtimestamp(now, UTC), body)
    assert check(body, made, now=now).id == name
    theirs.verify(body, signed(body.encode(), at=now, name=name), json_parse=False)


OFFICIAL = """
import json, sys, openai
client = openai.OpenAI(api_key="sk-x", webhook_secret=sys.argv[1])
for payload, headers in json.load(sys.stdin):
    try:
        client.webhooks.verify_signature(payload, headers)
        print("taken")
    except (openai.InvalidWebhookSignatureError, ValueError):
        print("refused")
"""


def test_the_official_client_takes_and_refuses_the_same() -> None:
    now = int(time())
    body = BODY.decode()
    good = signed(at=now)
    two = {**good, "webhook-signature": f"{signed(at=now, key=RAW[::-1])['webhook-signature']} "}
    cases: list[tuple[str, dict[str, str]]] = [
        (body, good),
        (body, signed(at=now - 290)),
        (body, signed(at=now - 400)),
        (body, signed(at=now + 290)),
        (body, signed(at=now + 400)),
        (body + " ", good),
        (body, {**good, "webhook-id": "wh_2"}),
        (body, {**good, "webhook-timestamp": str(now - 1)}),
        (body, {**good, "webhook-timestamp": "soon"}),
        (body, two),
        (body, {**good, "webhook-signature": two["webhook-signature"] + good["webhook-signature"]}),
        *((body, {name: text for name, text in good.items() if name != gone}) for gone in good),
    ]
    done = subprocess.run(
        [BASE, "-c", OFFICIAL, SECRET], input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=60
    )
    ours = ["taken" if is_taken(payload, headers, now=now) else "refused" for payload, headers in cases]
    assert done.stdout.split() == ours
    assert ours.count("taken") == 4


@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_a_body_with_one_bit_changed_is_refused(place: int, bit: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= 1 << bit
    assert not is_taken(bytes(changed))


@given(name=st.sampled_from(list(signed())), data=st.data())
def test_a_header_with_one_character_changed_is_refused(name: str, data: st.DataObject) -> None:
    headers = signed()
    place = data.draw(st.integers(0, len(headers[name]) - 1))
    new = data.draw(st.characters().filter(lambda new: new != headers[name][place]))
    headers[name] = headers[name][:place] + new + headers[name][place + 1 :]
    assert not is_taken(headers=headers)


@given(payload=st.text() | st.binary(), texts=st.tuples(st.text(), st.text(), st.text()))
def test_what_anybody_sends_is_refused_with_one_error(payload: str | bytes, texts: tuple[str, str, str]) -> None:
    assert not is_taken(payload, dict(zip(signed(), texts, strict=True)))
    assert not is_taken(payload, {**signed(), "webhook-signature": texts[0]})


@pytest.mark.parametrize(
    ("age", "taken"),
    [(300, True), (301, False), (-300, True), (-301, False), (0, True), (300.9, True), (301.0, False)],
)
def test_a_delivery_may_be_five_minutes_old_or_early(age: float, taken: bool) -> None:
    assert is_taken(now=NOW + age) is taken


@pytest.mark.parametrize(
    ("age", "text"), [(400, "is 400 s old, and 300 s are allowed"), (-400, "is 400 s ahead of this machine's clock")]
)
def test_a_refusal_says_how_old(age: int, text: str) -> None:
    with pytest.raises(WebhookVerificationError, match=text):
        check(now=NOW + age)


def test_the_tolerance_can_be_chosen() -> None:
    assert is_taken(tolerance=0)
    assert not is_taken(tolerance=0, now=NOW + 1)
    assert is_taken(tolerance=float("inf"), now=NOW * 2)


@pytest.mark.parametrize("tolerance", [-1, float("nan"), "300", None, True])
def test_a_tolerance_that_makes_no_sense_is_refused(tolerance: Any) -> None:
    with pytest.raises(ConfigError, match="tolerance= takes seconds"):
        check(tolerance=tolerance)


@pytest.mark.parametrize("stamp", ["", " ", "soon", "1e9", "-1", "1_760_000_000", "١٧٦٠٠٠٠٠٠٠", "9" * 5000, f"{NOW}.0"])
def test_a_timestamp_is_whole_seconds(stamp: str) -> None:
    headers = {**signed(), "webhook-timestamp": stamp}
    headers["webhook-signature"] = signature(RAW, f"wh_1.{stamp}", BODY)
    with pytest.raises(WebhookVerificationError, match=r"no Unix time in seconds|no webhook-timestamp") as caught:
        check(headers=headers)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("secret", [[OTHER, SECRET], (SECRET, OTHER), [SECRET]], ids=["new", "old", "one"])
def test_while_a_secret_is_changed_both_are_taken(secret: Any) -> None:
    assert is_taken(secret=secret)


def test_one_of_several_signatures_is_enough() -> None:
    good, bad = signed()["webhook-signature"], signed(key=RAW[::-1])["webhook-signature"]
    for signatures in (f"{bad} {good}", f"{good} {bad}", f"v1a,abc v2,def nonsense  {good}\t"):
        assert is_taken(headers={**signed(), "webhook-signature": signatures})
    assert not is_taken(headers={**signed(), "webhook-signature": f"{bad} {bad}"})


def test_a_signature_of_another_version_does_not_count() -> None:
    headers = signed()
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
    assert not is_taken(headers=headers)


@pytest.mark.parametrize("secret", ["plain secret", "0123"])
def test_a_secret_without_the_prefix_is_the_key_itself(secret: str) -> None:
    assert is_taken(headers=signed(key=secret.encode()), secret=secret)


def test_a_secret_may_lack_its_padding() -> None:
    assert SECRET.endswith("=")
    assert is_taken(secret=SECRET.rstrip("="))


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_SECRET!", "whsec_SECRE", [SECRET, ""], [SECRET, None], b"SECRET", 5, ["SECRET", 5]]
)
def test_what_is_no_secret_is_refused_without_being_shown(secret: Any) -> None:
    with pytest.raises(ConfigError, match="a webhook secret is empty, or is not 'whsec_' and base64") as caught:
        check(secret=secret)
    assert "SECRE" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("secret", [None, [], ()])
def test_no_secret_is_an_error_of_the_configuration(secret: Any) -> None:
    with pytest.raises(ConfigError, match="there is no webhook secret; pass secret= or webhook_secret=, or set VAR"):
        check(secret=secret)


class Items:
    """Headers as http.server has them: no mapping, but with items."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def items(self) -> list[tuple[str, str]]:
        return list(self._headers.items())


FRAMEWORKS: dict[str, Callable[[dict[str, str]], Any]] = {
    "lower case": dict,
    "title case": lambda headers: {name.title(): text for name, text in headers.items()},
    "upper case": lambda headers: {name.upper(): text for name, text in headers.items()},
    "django META": lambda headers: (
        {"HTTP_" + name.upper().replace("-", "_"): text for name, text in headers.items()}
        | {"wsgi.version": (1, 0), "wsgi.errors": None}
    ),
    "asgi scope": lambda headers: [(name.encode(), text.encode()) for name, text in headers.items()],
    "bytes": lambda headers: {name.encode(): text.encode() for name, text in headers.items()},
    "lists": lambda headers: {name: [text] for name, text in headers.items()},
    "http.server": Items,
    "generator": lambda headers: ((name, text) for name, text in headers.items()),
}


@pytest.mark.parametrize("as_framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_headers_are_taken_as_frameworks_have_them(as_framework: Callable[[dict[str, str]], Any]) -> None:
    assert is_taken(headers=as_framework({"content-type": "application/json", **signed()}))


def test_two_signature_headers_are_one_list() -> None:
    good = signed()
    bad = signed(key=RAW[::-1])["webhook-signature"]
    pairs = [("webhook-signature", bad), *good.items()]
    assert is_taken(headers=pairs)
    assert is_taken(headers={**good, "webhook-signature": [bad, good["webhook-signature"]]})


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_what_names_a_delivery_is_there_once(name: str) -> None:
    with pytest.raises(WebhookVerificationError, match=f"has more than one {name} header"):
        check(headers=[*signed().items(), (name.title(), signed()[name])])


@pytest.mark.parametrize("name", list(signed()))
@pytest.mark.parametrize("text", [None, "", []], ids=["missing", "empty", "empty list"])
def test_a_missing_header_is_named(name: str, text: Any) -> None:
    headers: dict[str, Any] = signed()
    headers[name] = text
    if text is None:
        del headers[name]
    with pytest.raises(WebhookVerificationError, match=f"the webhook has no {name} header"):
        check(headers=headers)


@pytest.mark.parametrize("headers", [None, 5, "webhook-id: 1", [1], [("a", "b", "c")]], ids=repr)
def test_what_are_no_headers_is_refused(headers: Any) -> None:
    with pytest.raises(ConfigError, match="headers= takes the headers of the request"):
        verified(BODY, headers, Secrets(SECRET, "VARIABLE"), tolerance=300, now=NOW)


@pytest.mark.parametrize("payload", [EVENT, None, bytearray(BODY)], ids=["parsed", "none", "bytearray"])
def test_a_body_that_is_not_as_it_came_is_refused(payload: Any) -> None:
    with pytest.raises(ConfigError, match="payload= takes the body as it came, str or bytes, not "):
        check(payload)


def test_a_body_may_be_text_or_bytes() -> None:
    body = json.dumps({**EVENT, "data": {"id": "한국어 🙂"}}, ensure_ascii=False)
    assert is_taken(body, signed(body.encode()))
    assert is_taken(body.encode(), signed(body.encode()))
    assert is_taken(b"\xff", signed(b"\xff"))


def test_the_event_is_typed(client: Any) -> None:
    event = client.webhooks.unwrap(BODY, signed(at=time()))
    assert event == WebhookEvent.model_validate(EVENT)
    assert (event.type, event.data.id, event.job_id) == ("fine_tuning.job.succeeded", "ftjob-1", "ftjob-1")


@pytest.mark.parametrize(
    ("event", "job_id"),
    [
        ({"id": "e", "type": "batch.completed", "data": {"id": "batch_1"}}, None),
        ({"id": "e", "type": "fine_tuning.job.resting", "data": {"id": "ftjob-2", "new": [1]}}, "ftjob-2"),
        ({"id": "e", "type": "fine_tuning.job.failed", "data": {}}, None),
        ({"id": "e", "type": "fine_tuning.job.failed", "data": None, "created_at": None}, None),
        ({"id": "e"}, None),
    ],
)
def test_an_event_may_lack_fields_or_have_more(event: dict[str, Any], job_id: str | None) -> None:
    assert event_of(json.dumps(event)).job_id == job_id


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"{", b"\xff{}", b'"x"', b'{"id": 5}', b"[" * 100_000, "\ud800"], ids=range(9)
)
def test_a_signed_body_that_is_no_event_is_refused(body: str | bytes) -> None:
    with pytest.raises(WebhookVerificationError, match="is signed, but its body is no event"):
        event_of(body)


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_both_clients_verify_without_waiting(make: Any) -> None:
    client = make(api_key="sk-x", webhook_secret=SECRET)
    assert client.webhooks.verify_signature(BODY, signed(at=time())) is None
    assert client.webhooks.unwrap(BODY, signed(at=time())).job_id == "ftjob-1"
    assert client._transport is None


def test_a_secret_of_the_call_is_taken_in_place_of_the_clients(client: Any) -> None:
    headers = signed(at=time(), key=RAW[::-1])
    with pytest.raises(WebhookVerificationError, match="no signature of the webhook fits"):
        client.webhooks.unwrap(BODY, headers)
    assert client.webhooks.unwrap(BODY, headers, secret=OTHER)
    client.webhooks.verify_signature(BODY, headers, secret=[SECRET, OTHER])


def test_the_tolerance_is_that_of_the_call(client: Any) -> None:
    old = signed(at=time() - 1000)
    with pytest.raises(WebhookVerificationError, match="300 s are allowed"):
        client.webhooks.unwrap(BODY, old)
    with pytest.raises(WebhookVerificationError, match="300 s are allowed"):
        client.webhooks.verify_signature(BODY, old)
    client.webhooks.verify_signature(BODY, old, tolerance=2000)
    assert client.webhooks.unwrap(BODY, old, tolerance=2000)


def test_the_same_delivery_is_taken_once(client: Any) -> None:
    headers = signed(at=time())
    client.webhooks.unwrap(BODY, headers)
    for twin in (client, client.with_options(timeout=5)):
        with pytest.raises(WebhookVerificationError, match=r"'wh_1' was delivered before .* this is a replay"):
            twin.webhooks.unwrap(BODY, headers)
    assert Client(api_key="sk-x", webhook_secret=SECRET).webhooks.unwrap(BODY, headers)


def test_what_the_host_sends_again_is_no_replay(client: Any) -> None:
    """A handler that failed gets the event again under its id, signed anew with the time of that attempt."""
    client.webhooks.unwrap(BODY, signed(at=time() - 5))
    assert client.webhooks.unwrap(BODY, signed(at=time())).id == "evt_1"


def test_a_forged_delivery_does_not_use_up_the_true_one(client: Any) -> None:
    headers = signed(at=time())
    with pytest.raises(WebhookVerificationError):
        client.webhooks.unwrap(BODY + b" ", headers)
    client.webhooks.verify_signature(BODY, headers)
    assert client.webhooks.unwrap(BODY, headers)


def test_a_store_of_ones_own_says_what_was_seen(client: Any) -> None:
    stored: list[str] = []

    def seen(delivery: str) -> bool:
        stored.append(delivery)
        return stored.count(delivery) > 1

    headers = signed(at=time())
    client.webhooks.unwrap(BODY, headers, seen=seen)
    assert stored == [f"wh_1.{headers['webhook-timestamp']}"]
    with pytest.raises(WebhookVerificationError, match="replay"):
        client.webhooks.unwrap(BODY, headers, seen=seen)
    assert client.webhooks.unwrap(BODY, headers, seen=lambda _: False)


def test_of_two_threads_one_takes_a_delivery(client: Any) -> None:
    taken: list[WebhookEvent] = []
    start = threading.Barrier(8)

    def take() -> None:
        for number in range(50):
            headers = signed(at=now, name=f"wh_{number}")
            start.wait()
            with suppress(WebhookVerificationError):
                taken.append(client.webhooks.unwrap(BODY, headers))

    now = time()
    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 50


def delivery(number: int) -> Delivery:
    return Delivery(f"wh_{number}", str(NOW))


def test_the_memory_of_deliveries_is_bounded() -> None:
    memory: dict[str, tuple[float]] = {}
    for number in range(REMEMBERED * 2):
        assert is_first(memory, delivery(number), until=NOW + 300, now=NOW)
    assert len(memory) <= REMEMBERED
    assert not is_first(memory, delivery(REMEMBERED * 2 - 1), until=NOW + 300, now=NOW)


def test_what_is_too_old_to_be_replayed_is_forgotten_first() -> None:
    memory: dict[str, tuple[float]] = {}
    assert is_first(memory, delivery(0), until=NOW + 300, now=NOW)
    for number in range(1, REMEMBERED):
        is_first(memory, delivery(number), until=NOW, now=NOW)
    assert len(memory) == REMEMBERED
    assert is_first(memory, delivery(REMEMBERED), until=NOW + 300, now=NOW + 2)
    assert memory.keys() == {delivery(0).name, delivery(REMEMBERED).name}


def shown(error: BaseException) -> str:
    """Return all that a traceback with local variables shows of our own frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = ""
    while told:
        frames = [frame for frame in told.stack if "/openft/" in frame.filename]
        text += "".join(str(frame.locals) for frame in frames) + str(told)
        told = told.__context__  # type: ignore[assignment]
    return text


@pytest.mark.parametrize("secret", [SECRET, [OTHER, SECRET], "whsec_" + SECRET[6:] + "!", "plain-0123456789"])
@pytest.mark.parametrize("given", ["by the client", "by the call"])
def test_no_error_shows_a_secret_or_what_was_expected(secret: Any, given: str) -> None:
    client = Client(api_key="sk-x", webhook_secret=secret if given == "by the client" else OTHER)
    argument = {"secret": secret} if given == "by the call" else {}
    forged = {**signed(at=time()), "webhook-signature": "v1,abc"}
    text = ""
    for headers in (forged, {}, signed(at=1)):
        for method in (client.webhooks.unwrap, client.webhooks.verify_signature):
            with pytest.raises((WebhookVerificationError, ConfigError)) as caught:
                method(BODY, headers, **argument)
            text += shown(caught.value)
    assert "payload" in text
    expected = {signed(key=key, at=time())["webhook-signature"][3:] for key in (RAW, RAW[::-1], b"plain-0123456789")}
    for hidden in (SECRET[6:30], OTHER[6:30], repr(RAW)[2:20], repr(RAW[::-1])[2:20], "plain-01", *expected):
        assert hidden not in text


def test_a_client_shows_no_webhook_secret(client: Any) -> None:
    assert SECRET not in repr(client) + repr(vars(client)) + repr(vars(client.webhooks))


@pytest.mark.parametrize("secret", [SECRET, [OTHER, SECRET], SECRET.encode(), [SECRET, SECRET.encode()]], ids=repr)
@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_a_client_that_is_refused_shows_no_webhook_secret(make: Any, secret: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        make(api_key="sk-x", webhook_secret=secret, timeout=-1)
    assert SECRET[6:30] not in shown(caught.value)
    client = make(api_key="sk-x")
    with pytest.raises(ConfigError) as caught:
        client.with_options(webhook_secret=secret, timeout=-1)
    assert SECRET[6:30] not in shown(caught.value)


FAMILIES: list[tuple[dict[str, str], str]] = [
    ({"api_key": "sk-x"}, "OPENAI_WEBHOOK_SECRET"),
    ({"api_key": "sk-x", "base_url": "http://h.example/v1"}, "OPENFT_WEBHOOK_SECRET"),
]


@pytest.mark.parametrize(("arguments", "variable"), FAMILIES, ids=["openai", "another"])
def test_the_secret_comes_from_the_family_of_the_address(
    arguments: dict[str, Any], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = signed(at=time())
    monkeypatch.setenv({"OPENAI": "OPENFT", "OPENFT": "OPENAI"}[variable[:6]] + "_WEBHOOK_SECRET", SECRET)
    with pytest.raises(ConfigError, match=f"pass secret= or webhook_secret=, or set {variable}$"):
        Client(**arguments).webhooks.unwrap(BODY, headers)
    monkeypatch.setenv(variable, f" {OTHER} {SECRET}\n")
    assert Client(**arguments).webhooks.unwrap(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Client(**arguments, webhook_secret="another").webhooks.unwrap(BODY, headers)
    with pytest.raises(ConfigError, match="is empty"):
        Client(**arguments, webhook_secret="").webhooks.unwrap(BODY, headers)


def test_a_copy_of_a_client_may_have_another_secret(client: Any) -> None:
    headers = signed(at=time(), key=RAW[::-1])
    assert client.with_options(webhook_secret=OTHER).webhooks.unwrap(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        client.webhooks.unwrap(BODY, headers)
